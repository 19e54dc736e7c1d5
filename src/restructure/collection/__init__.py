"""Collection forms: an issue to follow goes to schools as workbooks, and what comes back is read and reported.

``collections/NAME/issue.yaml`` says what is asked (:mod:`~restructure.collection.issue`) and becomes forms
(:mod:`~restructure.collection.form`). What schools send back is kept as it came under ``collections/NAME/returned/``
and read (:mod:`~restructure.collection.returns`); who has not answered is reminded
(:mod:`~restructure.collection.chasing`, :mod:`~restructure.collection.papers`), and the answers are added up, compared
with the round before (:mod:`~restructure.collection.summing`) and reported. :mod:`~restructure.collection.steps` does
each of that in one call.

Answers in words may name people. They stand in the workbooks of the office alone; no paper, figure or page that leaves
it holds them.
"""
