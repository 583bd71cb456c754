/**
 * A person's own data as text: JSONL with {"text", "labels"}, or CSV and TSV with a header row (`text` and one column a
 * task; an empty cell is a missing label). The same rules as core/data; a bad line is named by its number and reason, nothing is
 * dropped silently.
 *
 * @typedef {{ text: string, labels: Record<string, string> }} Row
 */

/** What a page takes at most, in characters and in sentences: the rest belongs on the command line. */
export const LIMITS = { characters: 64e6, records: 200000 }

const NAME = /^[a-z0-9_-]+$/

/** What is wrong with a file, and what to do. */
export class RecordError extends Error {
  constructor(message, hint) {
    super(message)
    this.name = 'RecordError'
    this.hint = hint
  }
}

/**
 * Reads a whole file.
 *
 * @param {string} text
 * @param {string} name  for messages; its ending tells CSV from TSV, the first character tells JSONL
 * @returns {Row[]}
 */
export function parseRecords(text, name) {
  if (text.length > LIMITS.characters) throw new RecordError(`${name} is longer than 64 MB.`, 'Use the command line for files of this size: thaw train --data FILE.')
  const clean = text.replace(/^\uFEFF/, '')
  if (!clean.trim()) throw new RecordError(`${name} is empty.`, 'Expected one sentence a line, as JSONL, CSV or TSV.')
  const records = clean.trimStart().startsWith('{') ? parseLines(clean, name) : parseTable(clean, name)
  if (!records.length) throw new RecordError(`${name} has a header and no sentences.`, 'Add a row for each sentence.')
  return records
}

/** The tasks that records speak of: names in the order in which they come, labels sorted. */
export function tasksOf(records) {
  const found = new Map()
  for (const { labels } of records) {
    for (const [name, label] of Object.entries(labels)) found.set(name, (found.get(name) ?? new Set()).add(label))
  }
  return [...found].map(([name, labels]) => ({ name, labels: [...labels].sort() }))
}

/** The same, when they can be learnt: some labels, and at least two for each task. */
export function learnableTasks(records, name) {
  const tasks = tasksOf(records)
  if (!tasks.length) throw new RecordError(`${name} has no labels.`, 'Give each sentence a label of at least one task.')
  const short = tasks.find((t) => t.labels.length < 2)
  if (short) throw new RecordError(`${name}: every ${short.name} is ${short.labels[0]}.`, 'A task needs at least two labels to tell apart.')
  return tasks
}

function parseLines(text, name) {
  const records = []
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim()) records.push(checked(readJSON(line, name, i + 1), name, i + 1))
    limit(records, name)
  })
  return records
}

function readJSON(line, name, number) {
  try {
    return JSON.parse(line)
  } catch {
    throw new RecordError(`${name}, line ${number}: this is not a JSON object.`, 'Expected {"text": "…", "labels": {"topic": "sports"}} on each line.')
  }
}

function checked(record, name, number) {
  const where = `${name}, line ${number}`
  if (typeof record?.text !== 'string' || !record.text.trim()) throw new RecordError(`${where}: "text" is missing or empty.`, 'Each line needs a sentence.')
  const labels = record.labels ?? {}
  if (typeof labels !== 'object' || Array.isArray(labels)) throw new RecordError(`${where}: "labels" is not an object.`, 'Expected {"task": "label"}.')
  for (const [task, label] of Object.entries(labels)) {
    checkName(task, where)
    if (typeof label !== 'string' || !label) throw new RecordError(`${where}: the label of ${task} is not a text.`, 'Leave the task out where a sentence has no label for it.')
  }
  return { text: record.text, labels: { ...labels } }
}

function checkName(task, where) {
  if (!NAME.test(task) || task === 'text') throw new RecordError(`${where}: "${task}" cannot name a task.`, 'Use small letters, digits, _ and -.')
}

function parseTable(text, name) {
  const separator = /\.tsv$/i.test(name) || (!/\.csv$/i.test(name) && /^[^\n,]*\t/.test(text)) ? '\t' : ','
  const rows = cells(text, separator, name)
  const header = rows[0].cells.map((c) => c.trim())
  const at = header.indexOf('text')
  if (at < 0) throw new RecordError(`${name}, line 1: no column is called "text".`, 'The first row names the columns: text, then one for each task.')
  header.forEach((task, c) => { if (c !== at) checkName(task, `${name}, line 1`) })
  if (new Set(header).size < header.length) throw new RecordError(`${name}, line 1: two columns have the same name.`, 'Give each task one column.')
  return rows.slice(1).map(({ cells: row, line }) => tableRecord(row, line, header, at, name))
}

function tableRecord(row, line, header, at, name) {
  const where = `${name}, line ${line}`
  if (row.length !== header.length) throw new RecordError(`${where}: ${row.length} columns where the header has ${header.length}.`, 'Put cells with commas or line breaks in double quotes.')
  if (!row[at].trim()) throw new RecordError(`${where}: the text is empty.`, 'Each row needs a sentence.')
  const labels = {}
  header.forEach((task, c) => { if (c !== at && row[c].trim()) labels[task] = row[c].trim() })
  return { text: row[at], labels }
}

/** Cuts a table into cells by RFC 4180: quotes double inside quotes, and a quoted cell may hold line breaks. */
function cells(text, separator, name) {
  const rows = []
  let row = [], line = 1, rowLine = 1, i = 0
  const end = () => {
    if (row.length > 1 || row[0].trim()) rows.push({ cells: row, line: rowLine })
    limit(rows, name)
    row = []
    rowLine = line
  }
  while (i < text.length) {
    const { cell, next, breaks } = text[i] === '"' ? quoted(text, i, name, line) : bare(text, i, separator)
    row.push(cell)
    line += breaks
    i = next
    if (text[i] === separator) { i++; if (i === text.length) row.push(''); continue }
    if (text[i] === '\r') i++
    if (i < text.length && text[i] !== '\n') throw new RecordError(`${name}, line ${line}: text after a closing quote.`, 'Double the quotes inside a quoted cell.')
    i++
    line++
    end()
  }
  if (row.length) end()
  return rows
}

function bare(text, from, separator) {
  let to = from
  while (to < text.length && text[to] !== separator && text[to] !== '\n') to++
  const cut = text[to] === '\n' && text[to - 1] === '\r' && to > from ? to - 1 : to
  return { cell: text.slice(from, cut), next: cut, breaks: 0 }
}

function quoted(text, from, name, line) {
  let cell = ''
  let i = from + 1
  for (;;) {
    const close = text.indexOf('"', i)
    if (close < 0) throw new RecordError(`${name}, line ${line}: a quoted cell does not end.`, 'Close the double quotes.')
    cell += text.slice(i, close)
    i = close + 1
    if (text[i] !== '"') break
    cell += '"'
    i++
  }
  return { cell, next: i, breaks: cell.split('\n').length - 1 }
}

function limit(list, name) {
  if (list.length > LIMITS.records) throw new RecordError(`${name} has more than ${LIMITS.records} sentences.`, 'Use the command line for files of this size.')
}
