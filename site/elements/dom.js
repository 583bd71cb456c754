/**
 * The few lines under every element of the page: making nodes, adopting style sheets, and a base class that gives an
 * element its properties. Text goes in as text nodes only, so nothing that comes from data can become HTML.
 */

const SVG = 'http://www.w3.org/2000/svg'

/** The style sheets fetched so far, by address. Elements share them. */
const fetched = new Map()

/**
 * Makes an element: h('div.card', { id: 'x', onclick: f }, 'text', node). Names with a class part after dots; a property whose name starts
 * with "on" is a listener, `false` and `undefined` leave an attribute out, `true` sets it empty.
 *
 * @param {string} name    tag, then classes: 'p.quiet'
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | number | null | undefined)} kids
 * @returns {any} the element; callers know which kind it is
 */
export function h(name, attributes = {}, ...kids) {
  const [tag, ...classes] = name.split('.')
  return fill(document.createElement(tag), classes, attributes, kids)
}

/** The same as `h` for SVG. @returns {any} */
export function svg(name, attributes = {}, ...kids) {
  const [tag, ...classes] = name.split('.')
  return fill(document.createElementNS(SVG, tag), classes, attributes, kids)
}

function fill(node, classes, attributes, kids) {
  for (const c of classes) node.classList.add(c)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value)
    else if (value === true) node.setAttribute(key, '')
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, String(value))
  }
  for (const kid of kids) if (kid !== null && kid !== undefined) node.append(kid)
  return node
}

/**
 * Fetches style sheets for a shadow root, the shared controls first. A sheet that cannot be had leaves the element
 * unstyled and working.
 *
 * @param {string} base      import.meta.url of the element's module
 * @param {...string} paths  relative to base
 * @returns {Promise<CSSStyleSheet[]>}
 */
export function sheets(base, ...paths) {
  const urls = [new URL('../style/controls.css', import.meta.url), ...paths.map((p) => new URL(p, base))]
  return Promise.all(urls.map((url) => sheet(url.href)))
}

function sheet(url) {
  if (!fetched.has(url)) fetched.set(url, read(url))
  return fetched.get(url)
}

async function read(url) {
  const made = new CSSStyleSheet()
  const answer = await fetch(url).catch(() => null)
  if (answer?.ok) made.replaceSync(await answer.text())
  return made
}

/**
 * The base of the page's elements. A subclass lists its properties with their first values in `static props`, builds
 * its nodes once in its constructor, and brings them up to date in `render`, which runs once a frame at most.
 */
export class PageElement extends HTMLElement {
  static props = {}
  #values = {}
  #queued = false

  /** @param {CSSStyleSheet[]} styles */
  constructor(styles) {
    super()
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = styles
    this.#values = { .../** @type {any} */ (this.constructor).props }
  }

  connectedCallback() { this.render() }

  /** Reads a property; `define` makes an accessor of each. */
  value(name) { return this.#values[name] }

  /** Sets a property and asks for a render in the next frame. */
  assign(name, value) {
    if (Object.is(this.#values[name], value)) return
    this.#values[name] = value
    this.changed()
  }

  /** Asks for one render in the next frame. */
  changed() {
    if (this.#queued || !this.isConnected) return
    this.#queued = true
    requestAnimationFrame(() => { this.#queued = false; this.render() })
  }

  /** Says something to the page: bubbles and crosses shadow roots. */
  emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }

  render() {}
}

/** Gives `type` an accessor for each of its props and registers it as `tag`. */
export function define(tag, type) {
  for (const name of Object.keys(type.props)) {
    Object.defineProperty(type.prototype, name, {
      get() { return this.value(name) },
      set(value) { this.assign(name, value) },
    })
  }
  customElements.define(tag, type)
}

/** A message with its hint, or an empty hidden box when there is no error. */
export function errorBox() {
  const message = h('span')
  const hint = h('span.hint')
  const box = h('div.error', { role: 'alert', hidden: true }, message, hint)
  return {
    box,
    show(error) {
      box.hidden = !error
      message.textContent = error?.message ?? ''
      hint.textContent = error?.hint ?? ''
    },
  }
}
