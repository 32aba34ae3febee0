// @ts-check
// Zoom and pan of photos that the server renders and marks. It keeps nothing and sends nothing.

/** @typedef {{ width: number, height: number, finest: number, exponent: number, band: number }} Size */

const TILE = 512;

/** How all stages of a page stand: pixels of the screen for one pixel of the photo, and the photo's middle as shares of it. */
class Place {
  constructor() {
    this.zoom = 0;
    this.x = 0.5;
    this.y = 0.5;
    /** @type {Stage[]} */
    this.stages = [];
  }
  draw() {
    for (const stage of this.stages) stage.draw();
  }
  /** @param {number} factor @param {number} [x] @param {number} [y] */
  by(factor, x = this.x, y = this.y) {
    const first = this.stages.find((stage) => stage.size);
    if (!first) return;
    const before = this.zoom || first.fit();
    const after = Math.min(8, Math.max(first.fit(), before * factor));
    this.x = x + (this.x - x) * (before / after);
    this.y = y + (this.y - y) * (before / after);
    this.to(after);
  }
  /** @param {number} zoom */
  to(zoom) {
    const first = this.stages.find((stage) => stage.size);
    this.zoom = first && zoom > first.fit() * 1.001 ? zoom : 0;
    if (!this.zoom) { this.x = 0.5; this.y = 0.5; }
    this.draw();
    this.tell();
  }
  /** @param {number} dx @param {number} dy pixels of the screen */
  move(dx, dy) {
    const first = this.stages.find((stage) => stage.size);
    if (!first || !first.size || !this.zoom) return;
    this.x = Math.min(1, Math.max(0, this.x - dx / (first.size.width * this.zoom)));
    this.y = Math.min(1, Math.max(0, this.y - dy / (first.size.height * this.zoom)));
    this.draw();
  }
  tell() {
    const told = document.querySelector("[data-told]");
    const first = this.stages.find((stage) => stage.size);
    if (told && first) told.textContent = Math.round((this.zoom || first.fit()) * 100) + " %";
  }
}

/** One photo on a canvas. */
class Stage {
  /** @param {HTMLElement} figure @param {Place} place */
  constructor(figure, place) {
    this.figure = figure;
    this.place = place;
    this.shown = figure.dataset.pictures || "";
    /** @type {Size | null} */
    this.size = null;
    /** @type {ImageBitmap | null} */
    this.base = null;
    /** @type {Map<string, ImageBitmap | null>} */
    this.tiles = new Map();
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    const image = figure.querySelector("img");
    this.canvas.setAttribute("aria-label", image ? image.alt : "");
    this.image = image;
    place.stages.push(this);
    this.listen();
  }

  async load() {
    const edge = Math.round(Math.max(this.figure.clientWidth, 320) * devicePixelRatio);
    const answer = await fetch(this.shown + "?screen=" + Math.min(8192, edge), { cache: "no-store" });
    const told = /^(\d+)x(\d+)\/(\d+)-(\d+)\+(\d+)$/.exec(answer.headers.get("gauze-size") || "");
    if (answer.status === 422) return this.fail(this.figure.dataset.undrawn);
    if (!answer.ok || !told) throw new Error("not shown");
    const [width, height, finest, exponent, band] = told.slice(1).map(Number);
    this.base = await createImageBitmap(await answer.blob());
    this.size = { width, height, finest, exponent, band };
    if (this.image) this.image.replaceWith(this.canvas);
    const coarse = /** @type {HTMLElement | null} */ (this.figure.querySelector("[data-coarse]"));
    if (coarse) coarse.hidden = finest === 0;
    this.draw();
  }

  /** Says in the photo's place why there is none. @param {string} [words] */
  fail(words) {
    const told = document.createElement("p");
    told.className = "trouble";
    told.setAttribute("role", "alert");
    told.textContent = words || "";
    if (this.image) this.image.replaceWith(told);
  }

  /** Pixels of the screen for one of the photo, when all of it shows. */
  fit() {
    if (!this.size) return 1;
    return Math.min(this.canvas.clientWidth / this.size.width, this.canvas.clientHeight / this.size.height) || 1;
  }

  draw() {
    const { size, base, canvas } = this;
    const pen = canvas.getContext("2d");
    if (!size || !base || !pen) return;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    const zoom = (this.place.zoom || this.fit()) * ratio;
    const left = canvas.width / 2 - this.place.x * size.width * zoom;
    const top = canvas.height / 2 - this.place.y * size.height * zoom;
    pen.imageSmoothingEnabled = zoom < 2;
    const rows = base.height - size.band;
    pen.drawImage(base, 0, 0, base.width, rows, left, top, size.width * zoom, size.height * zoom);
    const exponent = Math.max(size.finest, Math.floor(Math.log2(1 / zoom)));
    if (exponent < size.exponent) this.finer(pen, exponent, zoom, left, top);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} exponent @param {number} zoom @param {number} left @param {number} top */
  finer(pen, exponent, zoom, left, top) {
    const { size, canvas } = this;
    if (!size) return;
    const edge = TILE * 2 ** exponent;
    const from = (/** @type {number} */ start) => Math.max(0, Math.floor(-start / zoom / edge));
    const to = (/** @type {number} */ start, /** @type {number} */ room, /** @type {number} */ whole) =>
      Math.min(Math.ceil(whole / edge), Math.ceil((room - start) / zoom / edge));
    for (let row = from(top); row < to(top, canvas.height, size.height); row += 1) {
      for (let column = from(left); column < to(left, canvas.width, size.width); column += 1) {
        const tile = this.tile(exponent, column, row);
        if (!tile) continue;
        const scale = zoom * 2 ** exponent;
        pen.drawImage(tile, left + column * edge * zoom, top + row * edge * zoom, tile.width * scale, tile.height * scale);
      }
    }
  }

  /** @param {number} exponent @param {number} column @param {number} row */
  tile(exponent, column, row) {
    const address = this.shown + "/" + exponent + "/" + column + "/" + row;
    const known = this.tiles.get(address);
    if (known !== undefined) return known;
    this.tiles.set(address, null);
    fetch(address, { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error("no tile"))))
      .then((blob) => createImageBitmap(blob))
      .then((bitmap) => { this.tiles.set(address, bitmap); this.draw(); })
      .catch(() => { setTimeout(() => this.tiles.delete(address), 2000); });
    return null;
  }

  listen() {
    const { canvas, place } = this;
    /** @type {Map<number, PointerEvent>} */
    const down = new Map();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, event);
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = down.get(event.pointerId);
      if (!last) return;
      const others = [...down.values()].filter((other) => other.pointerId !== event.pointerId);
      if (others.length === 1) {
        const apart = (/** @type {PointerEvent} */ one) => Math.hypot(one.x - others[0].x, one.y - others[0].y);
        place.by(apart(event) / Math.max(1, apart(last)));
      } else {
        place.move(event.x - last.x, event.y - last.y);
      }
      down.set(event.pointerId, event);
    });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      canvas.addEventListener(end, (event) => down.delete(event.pointerId));
    }
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      place.by(event.deltaY < 0 ? 1.25 : 0.8);
    }, { passive: false });
    canvas.addEventListener("dblclick", () => place.by(2));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("keydown", (event) => {
      if (key(place, event.key)) event.preventDefault();
    });
  }
}

/** @param {Place} place @param {string} name */
function key(place, name) {
  const step = 80;
  switch (name) {
    case "+": case "=": place.by(1.5); return true;
    case "-": place.by(1 / 1.5); return true;
    case "0": place.to(0); return true;
    case "1": place.to(1 / devicePixelRatio); return true;
    case "ArrowLeft": place.move(step, 0); return true;
    case "ArrowRight": place.move(-step, 0); return true;
    case "ArrowUp": place.move(0, step); return true;
    case "ArrowDown": place.move(0, -step); return true;
    default: return false;
  }
}

/** One over the other, or side by side. @param {Place} place */
function compare(place) {
  const two = /** @type {HTMLElement | null} */ (document.querySelector(".two"));
  const how = /** @type {HTMLElement | null} */ (document.querySelector("[data-how]"));
  const slider = /** @type {HTMLElement | null} */ (document.querySelector(".slider"));
  const cover = /** @type {HTMLInputElement | null} */ (document.querySelector("#cover"));
  if (!two || !how || !slider || !cover) return;
  how.hidden = false;
  const set = () => {
    const over = how.querySelector("input:checked")?.getAttribute("value") === "over";
    two.classList.toggle("over", over);
    slider.hidden = !over;
    place.stages[1].canvas.style.clipPath = over ? "inset(0 0 0 " + (100 - Number(cover.value)) + "%)" : "";
    place.draw();
  };
  how.addEventListener("change", set);
  cover.addEventListener("input", set);
}

async function begin() {
  const place = new Place();
  const figures = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".stage"));
  const stages = [...figures].map((figure) => new Stage(figure, place));
  await Promise.all(stages.map((stage) => stage.load().catch(() => stage.fail(stage.figure.dataset.failed))));
  const first = stages.find((stage) => stage.size);
  if (!first) return;
  const bar = /** @type {HTMLElement | null} */ (document.querySelector(".controls"));
  if (bar) {
    bar.hidden = false;
    const acts = /** @type {Record<string, string>} */ ({ in: "+", out: "-", fit: "0", exact: "1" });
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (bar.querySelectorAll("[data-do]"))) {
      button.addEventListener("click", () => key(place, acts[button.dataset.do || ""]));
    }
  }
  if (stages.length === 2 && stages.every((stage) => stage.size)) compare(place);
  new ResizeObserver(() => place.draw()).observe(first.canvas);
  place.draw();
  place.tell();
}

begin();
