/**
 * Numbers as people read them. Pure functions, the same in every locale of the machine, so that a figure in a bug
 * report means one thing.
 */

const NARROW = '\u202f' // narrow no-break space between a number and its unit

/** 90868376 → "90.9 MB": decimal units, as downloads are counted. */
export function bytes(n) {
  if (!Number.isFinite(n)) return '–'
  if (n < 1000) return `${n}${NARROW}B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(n) / 3 + 1e-9))
  const value = n / 1000 ** power
  return `${value.toFixed(value < 100 ? 1 : 0)}${NARROW}${units[power - 1]}`
}

/** 22713216 → "22.7 M": how many parameters, in three figures. */
export function count(n) {
  if (!Number.isFinite(n)) return '–'
  if (n < 10000) return grouped(n)
  const units = ['k', 'M', 'G']
  const power = Math.min(units.length, Math.floor(Math.log10(n) / 3 + 1e-9))
  const value = n / 1000 ** power
  return `${value.toFixed(value < 100 ? 1 : 0)}${NARROW}${units[power - 1]}`
}

/** 12345 → "12 345", grouped by narrow spaces. */
export function grouped(n) {
  return Number.isFinite(n) ? String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, NARROW) : '–'
}

/** 73.4 → "1 min 13 s". Seconds of work, rounded to what matters. */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  if (seconds === 0) return `0${NARROW}s`
  if (seconds < 1) return `${Math.round(seconds * 1000)}${NARROW}ms`
  if (seconds < 10) return `${seconds.toFixed(1)}${NARROW}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}${NARROW}s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}${NARROW}min ${whole % 60}${NARROW}s`
  return `${Math.floor(minutes / 60)}${NARROW}h ${minutes % 60}${NARROW}min`
}

/** 0.8725 → "87 %"; with digits 1, "87.3 %". */
export function percent(share, digits = 0) {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)}${NARROW}%` : '–'
}

/** 1.23456 → "1.235"; small numbers as 1.2e-5. For losses, norms and rates. */
export function decimal(x, digits = 3) {
  if (!Number.isFinite(x)) return '–'
  if (x !== 0 && Math.abs(x) < 10 ** -digits) return x.toExponential(1)
  return x.toFixed(digits)
}

/** 0.0001 → "1.0e-4": a learning rate. */
export function rate(x) {
  return Number.isFinite(x) ? (x === 0 ? '0' : x.toExponential(1)) : '–'
}

/** "one thing", "2 things". */
export function plural(n, one, many = `${one}s`) {
  return `${grouped(n)} ${n === 1 ? one : many}`
}

/** "b5bb9d80…1e9a8b3c": the two ends of a SHA-256 in hexadecimal. */
export function shortHash(hash) {
  return hash && hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-8)}` : hash || '–'
}
