// Zoom, crosshair and readings for the figures on the time axis; they read without it.
// Knows nothing of sessions: figures carry their frame, and "tracks" their values by time.
(() => {
  "use strict";
  const told = document.getElementById("tracks");
  if (!told) return;
  const { from_ms: began, length_ms: length, figures } = JSON.parse(told.textContent);
  const MOST = 40; // times a zoom may magnify
  const SVG = "http://www.w3.org/2000/svg";
  const view = { from: 0, to: length };
  let at = null; // where the crosshair stands, in milliseconds since the session began

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const isWhole = () => view.from <= 0 && view.to >= length;
  const number = (value, places) =>
    value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places })
      .replace("-", "\u2212");
  const clock = (ms, digits) => new Date(began + ms).toISOString().slice(11, digits);

  // The place of the newest time that is not after one.
  function newest(times, ms) {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  function roundSteps(span, count) {
    const power = 10 ** Math.floor(Math.log10(span / count));
    return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= span / count);
  }

  const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
    10800, 21600, 43200, 86400];

  function timeTicks(count) {
    const least = (view.to - view.from) / 1000 / count;
    const step = (STEPS_S.find((each) => each >= least) ?? 86400) * 1000;
    const ticks = [];
    for (let t = Math.ceil((began + view.from) / step) * step - began; t <= view.to; t += step)
      ticks.push([t, clock(t, step < 1000 ? 21 : step < 60000 ? 19 : 16)]);
    return ticks;
  }

  function valueTicks(low, high, count) {
    const step = roundSteps(high - low, count);
    const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const ticks = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++)
      ticks.push([i * step, number(i * step + 0, places)]);
    return ticks;
  }

  function made(parent, name, attributes, text) {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  }

  class Picture {
    constructor(svg, figure) {
      this.svg = svg;
      this.figure = figure;
      [this.left, this.right, this.top, this.foot, this.low, this.high] =
        svg.dataset.frame.split(" ").map(Number);
      this.stretch = svg.querySelector(".stretch");
      this.marks = [...svg.querySelectorAll(".plot > path")].map((node) => {
        const [x, y, size = 1] = node.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
        return { node, x, y, size, hint: node.textContent };
      });
      this.hints = [...this.stretch.children].filter((node) => node.firstElementChild);
      this.axes = svg.querySelector(".axes");
      this.still = [...this.axes.childNodes];
      this.line = made(svg, "path", { class: "hair" });
      this.band = made(svg, "path", { class: "band" });
      svg.tabIndex = 0;
      this.listen();
    }

    x(ms) {
      return this.left + ((ms - view.from) / (view.to - view.from)) * (this.right - this.left);
    }

    ms(event) {
      const box = this.svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * (this.svg.viewBox.baseVal.width / box.width);
      const share = (x - this.left) / (this.right - this.left);
      return view.from + clamp(share, 0, 1) * (view.to - view.from);
    }

    // The least and greatest visible values, with a margin; the whole height where nothing fits.
    bounds() {
      const { track } = this.figure;
      if (!track || track.low < 0 || isWhole()) return [this.low, this.high];
      const first = Math.max(0, newest(track.times, view.from));
      const last = newest(track.times, view.to) + 1;
      const low = Math.min(...track.series[track.low].values.slice(first, last));
      const high = Math.max(...track.series[track.high].values.slice(first, last));
      if (!(high > low)) return [this.low, this.high];
      return [low - 0.1 * (high - low), high + 0.1 * (high - low)];
    }

    show() {
      const [low, high] = this.bounds();
      const across = length / (view.to - view.from);
      const shift = this.left * (1 - across) -
        (view.from / length) * (this.right - this.left) * across;
      const up = this.high > this.low ? (this.high - this.low) / (high - low) : 1;
      const lift = this.high > this.low
        ? this.foot * (1 - up) + ((this.low - low) / (high - low)) * (this.top - this.foot)
        : 0;
      this.svg.classList.toggle("zoomed", !isWhole());
      this.stretch.setAttribute("transform", `matrix(${across} 0 0 ${up} ${shift} ${lift})`);
      for (const mark of this.marks) {
        mark.seen = mark.x * across + shift;
        const size = Math.min(1, mark.size * across);
        mark.node.setAttribute("transform",
          `translate(${mark.seen} ${mark.y * up + lift}) scale(${size})`);
      }
      if (isWhole()) this.axes.replaceChildren(...this.still);
      else this.label(low, high);
      this.cross();
    }

    // New ticks for what is visible; labels that belong to no axis stay.
    label(low, high) {
      const kept = this.still.filter((node) => node.nodeName === "text" && !node.classList.length);
      this.axes.replaceChildren();
      let grid = "";
      if (this.high > this.low)
        for (const [value, text] of valueTicks(low, high, this.foot - this.top > 120 ? 5 : 2)) {
          const y = this.foot + ((value - low) / (high - low)) * (this.top - this.foot);
          grid += `M${this.left} ${y}H${this.right}`;
          made(this.axes, "text", { x: this.right + 6, y: y + 4 }, text);
        }
      for (const [ms, text] of timeTicks(Math.max(2, (this.right - this.left) / 110))) {
        const x = clamp(this.x(ms), this.left + 24, this.right - 24);
        grid += `M${this.x(ms)} ${this.foot}v4`;
        made(this.axes, "text", { x, y: this.foot + 18, "text-anchor": "middle" }, text);
      }
      this.axes.prepend(made(this.axes, "path", { class: "grid", d: grid }));
      this.axes.append(...kept);
    }

    cross() {
      const isSeen = at !== null && at >= view.from && at <= view.to;
      this.line.setAttribute("d", isSeen ? `M${this.x(at)} ${this.top}V${this.foot}` : "");
    }

    // The words of marks and stretches under the crosshair.
    near() {
      const x = this.x(at);
      const words = this.marks
        .filter(({ seen }) => Math.abs(seen - x) < 5)
        .map(({ hint }) => hint);
      const whole = this.left + (at / length) * (this.right - this.left);
      for (const node of this.hints) {
        const box = node.getBBox();
        if (whole >= box.x && whole <= box.x + box.width) words.push(node.textContent);
      }
      return words.slice(0, 3);
    }

    listen() {
      const { svg } = this;
      let start = null;
      svg.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "mouse" && event.button === 0) {
          start = this.ms(event);
          svg.setPointerCapture(event.pointerId);
        }
        point(this.ms(event), this);
      });
      svg.addEventListener("pointermove", (event) => {
        point(this.ms(event), this);
        if (start !== null)
          this.band.setAttribute("d",
            `M${this.x(start)} ${this.top}H${this.x(at)}V${this.foot}H${this.x(start)}Z`);
      });
      svg.addEventListener("pointerup", () => {
        this.band.setAttribute("d", "");
        if (start !== null && Math.abs(this.x(at) - this.x(start)) > 6)
          look(Math.min(start, at), Math.max(start, at));
        start = null;
      });
      svg.addEventListener("pointerleave", (event) => {
        if (event.pointerType === "mouse" && start === null) point(null, this);
      });
      svg.addEventListener("dblclick", () => look(0, length));
      svg.addEventListener("blur", () => point(null, this));
      svg.addEventListener("keydown", (event) => {
        const step = (view.to - view.from) / (event.shiftKey ? 10 : 100);
        const here = at ?? (view.from + view.to) / 2;
        const answers = {
          ArrowLeft: () => follow(here - step, this),
          ArrowRight: () => follow(here + step, this),
          "+": () => magnify(2),
          "-": () => magnify(0.5),
          0: () => look(0, length),
          Escape: () => look(0, length),
        };
        if (!(event.key in answers) || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        answers[event.key]();
      });
    }
  }

  class Shown {
    constructor(node) {
      this.track = figures[node.id];
      this.keys = node.querySelector(".keys");
      this.read = document.createElement("output");
      this.read.className = "read";
      this.keys.after(this.read);
      this.pictures = [...node.querySelectorAll("svg[data-frame]")]
        .map((svg) => new Picture(svg, this));
    }

    tell(picture) {
      this.keys.hidden = at !== null;
      this.read.hidden = at === null;
      if (at === null) return;
      // Only the figure in hand speaks: a screen reader hears one voice.
      this.read.setAttribute("aria-live", this.pictures.includes(picture) ? "polite" : "off");
      const words = [clock(at, view.to - view.from < 60000 ? 21 : 19)];
      if (this.track) {
        const place = newest(this.track.times, at);
        if (place >= 0)
          for (const { name, values, places, unit } of this.track.series)
            words.push(`${name} ${number(values[place], places)}${unit && " " + unit}`);
      }
      const seen = this.pictures.find(({ svg }) => svg.checkVisibility());
      this.read.textContent = [words.join("  "), ...(seen ? seen.near() : [])].join("; ");
    }
  }

  function point(ms, picture) {
    at = ms === null ? null : clamp(ms, 0, length);
    for (const each of shown) {
      each.pictures.forEach((one) => one.cross());
      each.tell(picture);
    }
  }

  // Move the crosshair, and the view with it when it would leave it.
  function follow(ms, picture) {
    const width = view.to - view.from;
    const place = clamp(ms, 0, length);
    if (place < view.from) look(place, place + width);
    else if (place > view.to) look(place - width, place);
    point(place, picture);
  }

  function look(from, to) {
    const width = clamp(to - from, length / MOST, length);
    view.from = clamp((from + to - width) / 2, 0, length - width);
    view.to = view.from + width;
    for (const each of shown) each.pictures.forEach((one) => one.show());
    whole.disabled = isWhole();
    out.disabled = isWhole();
    closer.disabled = width <= length / MOST;
  }

  function magnify(times) {
    const middle = at ?? (view.from + view.to) / 2;
    const share = (middle - view.from) / (view.to - view.from);
    const width = Math.min(length, (view.to - view.from) / times);
    const from = clamp(middle - share * width, 0, length - width);
    look(from, from + width);
  }

  function button(words, name, act) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = words;
    node.setAttribute("aria-label", name);
    node.addEventListener("click", act);
    return node;
  }

  const section = document.getElementById("figures");
  const shown = [...section.querySelectorAll("figure")].map((node) => new Shown(node));
  const closer = button("+", "Zoom in", () => magnify(2));
  const out = button("\u2212", "Zoom out", () => magnify(0.5));
  const whole = button("Whole session", "Show the whole session", () => look(0, length));
  const tools = document.createElement("div");
  tools.className = "tools";
  const hint = document.createElement("span");
  hint.textContent = "Drag to zoom; arrow keys read, + and \u2212 zoom, 0 shows all.";
  tools.append(hint, closer, out, whole);
  section.prepend(tools);
  look(0, length);
  point(null, null);
})();
