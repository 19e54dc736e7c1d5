"use strict";
// Search over all pages, without a server: pages.js holds the texts (SITE). Thai has no blanks between words, so that
// a text is found by any run of letters in it; of several words, parted by blanks, each has to be there.

const MOST = 50;

// What is written in several ways is searched in one: capitals, Thai digits, SARA AM in one letter or two (with a tone
// mark before or between), SARA AE as two SARA E, letters that nobody sees.
function plain(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u200b-\u200d\ufeff\u00ad]/g, "")
    .replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50))
    .replace(/([\u0e48-\u0e4b])\u0e4d/g, "\u0e4d$1")
    .replace(/เเ/g, "แ")
    .replace(/\s+/g, " ");
}

const texts = SITE.entries.map(([page, , head, text]) => plain(`${SITE.pages[page][1]} ${head} ${text}`));
const input = document.getElementById("search");
const count = document.getElementById("count");
const found = document.getElementById("found");

function search() {
  const words = plain(input.value).trim().split(" ").filter(Boolean);
  const places = words.length ? [...texts.keys()].filter((i) => words.every((word) => texts[i].includes(word))) : [];
  count.textContent = !words.length
    ? ""
    : !places.length
      ? "ไม่พบ ลองใช้คำที่สั้นลง"
      : `พบ ${places.length.toLocaleString("en")} แห่ง${places.length > MOST ? ` แสดง ${MOST} แห่งแรก` : ""}`;
  found.replaceChildren(...places.slice(0, MOST).map(item));
}

// Whatever a name says, it stands here as text.
function item(place) {
  const [page, anchor, head, text] = SITE.entries[place];
  const [file, title] = SITE.pages[page];
  const link = document.createElement("a");
  link.href = `${file}#${anchor}`;
  link.textContent = `${title}: ${head}`;
  const words = document.createElement("span");
  words.textContent = text.length > 160 ? `${text.slice(0, 160)} …` : text;
  const line = document.createElement("li");
  line.append(link, words);
  return line;
}

input.addEventListener("input", search);
search();
