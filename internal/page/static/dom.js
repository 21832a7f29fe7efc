// Makes and changes the document. What comes from the daemon becomes text and
// attributes' values, never markup.

/** An element with attributes and children; strings become text. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The element of the page's own markup with an id. */
export const byId = (id) => document.getElementById(id);

/** Sets a node's text if it is another one. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute if it is another one; null takes it away. */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Shows or hides a node. */
export function setShown(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/**
 * The children of a node, one view for each item. A view has a node and
 * update(item, context); it stays as long as there is an item with its key. It
 * may have removed().
 */
export class List {
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.views = new Map();
  }

  update(items, keyOf, context) {
    const views = new Map();
    let place = this.parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      if (views.has(key)) continue;
      const view = this.views.get(key) ?? this.make(item);
      this.views.delete(key);
      views.set(key, view);
      if (view.node === place) place = place.nextSibling;
      else this.parent.insertBefore(view.node, place);
      view.update(item, context);
    }
    for (const view of this.views.values()) {
      view.node.remove();
      view.removed?.();
    }
    this.views = views;
  }
}

const watched = new WeakMap();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) watched.get(entry.target)?.comes(entry.isIntersecting);
}, { rootMargin: "500px 0px" });

/**
 * Tells a view, by comes(near), when its node is near the window and when it is
 * not any more, so that thousands of them cost only what can be seen.
 */
export function watch(view) {
  watched.set(view.node, view);
  watcher.observe(view.node);
}

export function unwatch(view) {
  watcher.unobserve(view.node);
}
