/**
 * <frozen-proof>: the SHA-256 of every frozen tensor before and after the run, compared by the program.
 *
 * @property {{ equal: boolean, tensors: number, sha256: string, list?: { name: string, before: string, after: string }[] } | null} proof
 */
import { PageElement, define, h, sheets } from './dom.js'
import { plural, shortHash } from './format.js'

const styles = await sheets(import.meta.url, './frozen-proof.css')

/** Rows made in one frame, so that a long list never holds the page. */
const SLICE = 60

class FrozenProof extends PageElement {
  static props = { proof: null }

  constructor() {
    super(styles)
    this.mark = h('span.mark', { 'aria-hidden': 'true' })
    this.verdict = h('p.verdict')
    this.hash = h('p.mono.hash')
    this.body = h('tbody')
    this.details = h('details', { hidden: true, ontoggle: () => this.#fill() }, h('summary', {}, 'Every frozen tensor'),
      h('div.scroll.list', { tabindex: 0, role: 'region', 'aria-label': 'Frozen tensors' }, h('table', { 'aria-label': 'Frozen tensors before and after' },
        h('thead', {}, h('tr', {}, ...['Tensor', 'Before', 'After', 'Bytes'].map((t) => h('th', { scope: 'col' }, t)))), this.body)))
    this.shadowRoot.append(h('div.card', {}, h('div.line', {}, this.mark, h('div', {}, this.verdict, this.hash)), this.details))
  }

  render() {
    const { proof } = this
    this.className = ''
    this.mark.className = `mark ${!proof || !proof.tensors ? 'none' : proof.equal ? 'equal' : 'changed'}`
    this.verdict.textContent = verdict(proof)
    this.hash.textContent = proof?.tensors && proof.sha256 ? `SHA-256 of them all: ${proof.sha256}` : ''
    this.details.hidden = !proof?.list?.length
    if (this.filled !== proof) {
      this.filled = null
      this.body.replaceChildren()
      this.#fill()
    }
  }

  #fill() {
    const { proof } = this
    if (!this.details.open || !proof?.list || this.filled === proof) return
    this.filled = proof
    const more = (from) => {
      if (this.filled !== proof) return
      this.body.append(...proof.list.slice(from, from + SLICE).map(row))
      if (from + SLICE < proof.list.length) requestAnimationFrame(() => more(from + SLICE))
    }
    more(0)
  }
}

function verdict(proof) {
  if (!proof) return 'After a run, this compares the bytes of each frozen tensor with what they were before it.'
  if (!proof.tensors) return 'Nothing was frozen in this run, so there is nothing to compare.'
  if (proof.equal) return `${plural(proof.tensors, 'frozen tensor')}: every byte as it was before the run.`
  const changed = proof.list?.filter((t) => t.before !== t.after).length
  return `A frozen tensor has changed${changed ? ` (${changed} of ${proof.tensors})` : ''}. This is a fault of the program; please report it.`
}

function row({ name, before, after }) {
  const equal = before === after
  return h('tr', {}, h('td.mono', {}, name), h('td.mono', { title: before }, shortHash(before)), h('td.mono', { title: after }, shortHash(after)),
    h(`td.${equal ? 'equal' : 'changed'}`, {}, equal ? 'equal' : 'changed'))
}

define('frozen-proof', FrozenProof)
