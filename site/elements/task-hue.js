/** Each task has a colour by its place in the list: class `hue-N` in style/controls.css, token --task-N. */

const HUES = 6

/** The class that sets --hue for the task at `index`. */
export function hueClass(index) {
  return `hue-${Math.max(0, index) % HUES}`
}

/** The colour itself, for a canvas: read from the tokens in force on `element`. */
export function hueOf(element, index) {
  return getComputedStyle(element).getPropertyValue(`--task-${Math.max(0, index) % HUES}`).trim()
}
