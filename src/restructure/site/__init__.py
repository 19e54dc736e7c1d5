"""The report site: the year's results that the office chooses to publish, as pages that open from a folder.

The work standard asks for it: "จัดทำเว็บไซต์ … เป็นแหล่งสืบค้นข้อมูลผลการตรวจราชการในระดับต่างๆ" (monitoring, step ๔).
``site.yaml`` of the cycle says what is published (:mod:`~restructure.site.choice`); of collections only what
:mod:`~restructure.site.results` lets through; :mod:`~restructure.site.pages` puts it into pages and
:mod:`~restructure.site.writing` writes them with their search. Nothing is published that is not chosen.
"""
