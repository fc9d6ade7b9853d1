// A list of any length, of which the page holds few rows: the latest ones, or those that the reader went to.
import { setText } from "./elements.js";

const KEPT = 10_000;
const SHOWN = 150;
const STEP = 100;
const NEAR_END_PIXELS = 40;

/** Return 1234 as "1,234". */
export const counted = (number) => number.toLocaleString("en-US");

export class LongList {
  /**
   * Fill an element that stands in a `.scroller`, beside `.earlier`, `.later` and `.empty`. `draw` returns the
   * row of an item; it also gets the item before.
   */
  constructor(rows, draw) {
    this.rows = rows;
    this.draw = draw;
    this.scroller = rows.closest(".scroller");
    const list = rows.closest(".list");
    [this.earlier, this.later, this.empty] = [".earlier", ".later", ".empty"].map((name) => list.querySelector(name));
    this.items = new Map();
    this.accepts = () => true;
    this.clear();

    this.scroller.addEventListener("scroll", () => this.#scrolled());
    new ResizeObserver(() => this.#scrollToEnd()).observe(this.scroller);
    this.earlier.addEventListener("click", () => this.#showEarlier());
    this.later.addEventListener("click", () => this.showLatest());
  }

  /** Remove everything. */
  clear() {
    this.items.clear();
    this.visible = [];
    this.drawn = new Map();
    this.rows.replaceChildren();
    this.follows = true;
    this.start = this.end = 0;
    this.#schedule();
  }

  /** Add an item. */
  add(number, item) {
    this.items.set(number, item);
    if (this.accepts(item)) this.visible.push(number);
    if (this.items.size > KEPT) this.#forgetOldest();
    this.#schedule();
  }

  /** Show only the items that a function accepts. */
  filter(accepts) {
    this.accepts = accepts;
    this.visible = [...this.items].filter(([, item]) => accepts(item)).map(([number]) => number);
    this.showLatest();
  }

  showLatest() {
    this.follows = true;
    this.#schedule();
  }

  #forgetOldest() {
    const [oldest] = this.items.keys();
    this.items.delete(oldest);
    if (this.visible[0] === oldest) {
      this.visible.shift();
      this.start = Math.max(0, this.start - 1);
      this.end = Math.max(0, this.end - 1);
    }
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PIXELS;
    if (isAtEnd === this.follows || (isAtEnd && this.end < this.visible.length)) return;
    this.follows = isAtEnd;
    this.#schedule();
  }

  #showEarlier() {
    this.follows = false;
    this.start = Math.max(0, this.start - STEP);
    this.end = this.start + SHOWN;
    this.#schedule();
  }

  // However many items come at once, they are drawn together; a page that is not seen draws nothing.
  #schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.#render();
    });
  }

  #render() {
    const total = this.visible.length;
    if (this.follows) {
      this.end = total;
      this.start = Math.max(0, total - SHOWN);
    } else {
      this.end = Math.min(total, Math.max(this.end, this.start + SHOWN));
    }
    const wanted = this.visible.slice(this.start, this.end);
    const kept = new Set(wanted);
    for (const [number, row] of this.drawn) {
      if (kept.has(number)) continue;
      row.remove();
      this.drawn.delete(number);
    }
    let last = null;
    wanted.forEach((number, index) => {
      if (!this.drawn.has(number)) {
        const before = this.items.get(this.visible[this.start + index - 1]);
        const row = this.draw(this.items.get(number), before);
        this.rows.insertBefore(row, last === null ? this.rows.firstChild : last.nextSibling);
        this.drawn.set(number, row);
      }
      last = this.drawn.get(number);
    });
    this.#showEdges(total);
    this.#scrollToEnd();
  }

  #scrollToEnd() {
    if (this.follows) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #showEdges(total) {
    this.empty.hidden = total > 0;
    this.earlier.hidden = this.start === 0;
    this.later.hidden = this.end === total;
    setText(this.earlier, `${counted(this.start)} earlier`);
    setText(this.later, `${counted(total - this.end)} later`);
  }
}
