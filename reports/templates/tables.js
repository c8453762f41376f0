// Sorting, a filter, and as many rows as a screen holds; the tables read without it.
// Rows beyond the first ones, and numbers to sort by, come packed beside the table: columns of
// JSON, deflated. Their cells are told here as the page's own formats tell them.
(() => {
  "use strict";
  const SHOWN = 500; // rows that are simply there; more of them are scrolled through
  const SPARE = 20; // rows kept above and below what a screen holds
  const MINUS = "\u2212";
  const NOTHING = "\u2013";

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  // A number's text without an exponent: 1.2E-7 is 0.00000012.
  function plain(value) {
    const text = String(value);
    const found = /^(-?)(\d)(?:\.(\d+))?[Ee]([+-]?\d+)$/.exec(text);
    if (!found) return text;
    const digits = found[2] + (found[3] ?? "");
    const point = 1 + Number(found[4]);
    if (point <= 0) return `${found[1]}0.${"0".repeat(-point)}${digits}`;
    const whole = digits.padEnd(point, "0");
    return found[1] + whole.slice(0, point) + (whole.length > point ? "." : "") + whole.slice(point);
  }

  // Round the text of a decimal number half to even; one that would vanish keeps two digits.
  function rounded(text, places) {
    const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain(text));
    let count = BigInt(whole + fraction.slice(0, places).padEnd(places, "0"));
    const rest = fraction.slice(places);
    const half = "5".padEnd(rest.length, "0");
    if (rest && (rest > half || (rest === half && count % 2n === 1n))) count += 1n;
    if (count === 0n && /[1-9]/.test(fraction))
      return rounded(plain(text), /^0*/.exec(fraction)[0].length + 2);
    const digits = count.toString().padStart(places + 1, "0");
    const end = digits.length - places;
    const told = grouped(digits.slice(0, end)) + (places ? "." + digits.slice(end) : "");
    return (sign && count ? MINUS : "") + told;
  }

  function duration(ns) {
    const seconds = ns / 1e9;
    // Half to even, as everywhere on the page.
    if (ns < 10e9) return `${(seconds - (seconds % 1 === 0.25 ? 0.05 : 0)).toFixed(1)} s`;
    let rest = Math.round(seconds) - (seconds % 2 === 0.5 ? 1 : 0);
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].map(([size, name]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return [count, name];
    });
    const first = parts.findIndex(([count]) => count);
    const two = parts.slice(first, first + 2).filter(([count]) => count);
    return two.map(([count, name]) => `${count} ${name}`).join(" ") || "0 s";
  }

  const tell = {
    text: (value) => value,
    time: (ms, places) => {
      const moment = new Date(Math.floor(ms / 1000) * 1000).toISOString();
      return places ? moment.slice(5, 10) + " " + moment.slice(11, 19) : moment.slice(11, 19);
    },
    span: duration,
    amount: (value, places) => rounded(value, places),
    digits: (value, _, scale) => {
      const text = typeof value === "number" ? value.toFixed(scale) : plain(value);
      const [whole, fraction] = text.replace("-", MINUS).split(".");
      return grouped(whole) + (fraction === undefined ? "" : "." + fraction);
    },
    signed: (value, places) => (Number(value) > 0 ? "+" : "") + rounded(value, places),
  };

  async function unpacked(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < bytes.length; place++) bytes[place] = letters.charCodeAt(place);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  // A column's values: words stand for their numbers, a time for the step from the one before.
  function unfolded({ kind, words, values }) {
    if (words) return values.map((number) => words[number]);
    let at = 0;
    return kind === "time" ? values.map((step) => (at += step)) : values;
  }

  // What a cell of text is worth when sorted: its number where it is one.
  function worth(text) {
    const value = Number(text.replaceAll(",", "").replace(MINUS, "-").replace(/[%+]/g, ""));
    return text.trim() === "" || Number.isNaN(value) ? null : value;
  }

  class Rows {
    constructor(node, kinds) {
      this.table = node;
      this.body = node.tBodies[0];
      this.scroll = node.parentElement;
      this.heads = [...node.tHead.rows[0].cells];
      this.columns = kinds.map(unfolded);
      this.kinds = kinds;
      this.total = this.columns[0].length;
      this.order = Array.from({ length: this.total }, (_, place) => place);
      this.query = "";
      this.sorted = { column: -1, way: 1 };
      this.heads.forEach((head, number) => this.sortable(head, number));
      if (this.total > 15) this.filterable();
      if (this.total > SHOWN) this.windowed();
    }

    cell(column, place) {
      const value = this.columns[column][place];
      const { kind, places, scale } = this.kinds[column];
      return value === null ? NOTHING : tell[kind](value, places, scale);
    }

    sortable(head, number) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const { column, way } = this.sorted;
        this.sorted = { column: number, way: column === number ? -way : 1 };
        for (const each of this.heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", this.sorted.way > 0 ? "ascending" : "descending");
        this.arrange();
      });
    }

    filterable() {
      const label = document.createElement("label");
      label.className = "filter";
      label.append("Show only rows with ");
      const field = document.createElement("input");
      field.type = "search";
      this.count = document.createElement("output");
      label.append(field);
      this.scroll.before(label, this.count);
      field.addEventListener("input", () => {
        this.query = field.value.trim().toLowerCase();
        this.arrange();
      });
    }

    windowed() {
      // A row must be as high as any other for the window to know where it stands.
      this.scroll.classList.add("window");
      this.table.setAttribute("aria-rowcount", this.total + 1);
      this.height = this.body.rows[0].getBoundingClientRect().height || 31;
      for (const head of this.heads) head.style.width = `${head.getBoundingClientRect().width}px`;
      this.scroll.addEventListener("scroll", () => this.show(), { passive: true });
      this.show();
    }

    arrange() {
      const places = Array.from({ length: this.total }, (_, place) => place);
      const text = this.kinds.map(({ kind }) => kind === "text");
      const has = (place) =>
        this.columns.some((values, column) =>
          text[column] && values[place] !== null &&
          values[place].toLowerCase().includes(this.query));
      this.order = this.query ? places.filter(has) : places;
      const { column, way } = this.sorted;
      if (column >= 0) {
        const keys = this.keys(column);
        this.order.sort((a, b) => {
          if (keys[a] === keys[b]) return a - b;
          if (keys[a] === null) return 1;
          if (keys[b] === null) return -1;
          return keys[a] < keys[b] ? -way : way;
        });
      }
      if (this.count)
        this.count.textContent = this.query ? `${this.order.length.toLocaleString("en-US")} rows` : "";
      this.scroll.scrollTop = 0;
      this.show(true);
    }

    keys(column) {
      const { kind } = this.kinds[column];
      const values = this.columns[column];
      if (kind !== "text") return values.map((value) => (value === null ? null : Number(value)));
      const numbers = values.map((value) => (value === null ? null : worth(value)));
      // Words among the numbers make it a column of words, but for the sign of nothing.
      const isWords = values.some((value, place) =>
        value && value !== NOTHING && numbers[place] === null);
      return isWords ? values : numbers;
    }

    show(isNew = false) {
      let from = 0;
      let to = this.order.length;
      if (this.height) {
        const seen = Math.ceil(this.scroll.clientHeight / this.height);
        from = Math.max(0, Math.floor(this.scroll.scrollTop / this.height) - SPARE);
        to = Math.min(to, from + seen + 2 * SPARE);
        const isSame = from === this.from && to === this.to;
        if (isSame && !isNew) return;
      }
      [this.from, this.to] = [from, to];
      const rows = [];
      if (from) rows.push(this.space(from));
      for (let place = from; place < to; place++) rows.push(this.row(this.order[place], place));
      if (to < this.order.length) rows.push(this.space(this.order.length - to));
      this.body.replaceChildren(...rows);
    }

    space(count) {
      const row = document.createElement("tr");
      row.style.height = `${count * this.height}px`;
      row.ariaHidden = "true";
      return row;
    }

    row(place, number) {
      const row = document.createElement("tr");
      row.setAttribute("aria-rowindex", number + 2);
      this.heads.forEach((head, column) => {
        const cell = row.insertCell();
        cell.textContent = this.cell(column, place);
        if (head.classList.contains("n")) cell.className = "n";
        if (head.classList.contains("signed")) {
          const sign = cell.textContent[0];
          if (sign === "+") cell.classList.add("gain");
          if (sign === MINUS) cell.classList.add("loss");
        }
      });
      return row;
    }
  }

  async function read(table) {
    const packed = document.getElementById(`${table.id}-rows`);
    if (packed) return unpacked(packed.textContent);
    const rows = [...table.tBodies[0].rows];
    return [...table.tHead.rows[0].cells].map((_, column) =>
      ({ kind: "text", places: 0, values: rows.map((row) => row.cells[column].textContent) }));
  }

  async function enliven(table) {
    new Rows(table, await read(table));
    table.dataset.alive = Math.round(performance.now()); // since it was opened, in milliseconds
  }

  for (const table of document.querySelectorAll("table.rows")) {
    const folded = table.closest("details");
    if (!folded || folded.open) enliven(table);
    else folded.addEventListener("toggle", () => enliven(table), { once: true });
  }
})();
