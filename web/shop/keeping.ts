/** Where the browser keeps the basket, and how what stands there is read: it may be older than these pages, or spoilt. */
import type { BasketLine, KeptBasket, Sending } from './basket.ts'

const name = 'groundplan.storefront.basket'
/** The server forgets keys after a day; what is older cannot be sent again safely. */
const lastsMs = 20 * 3_600_000

export function readBasket(storage: Storage, nowMs: number): KeptBasket {
  const { lines, sending } = parsed(storage.getItem(name))
  const known = Array.isArray(lines) ? lines.filter(isLine) : []
  return isSending(sending) && sending.atMs > nowMs - lastsMs ? { lines: known, sending } : { lines: known }
}

export function keepBasket(storage: Storage, { lines, sending }: KeptBasket): void {
  const text = JSON.stringify({ lines, sending })
  if (storage.getItem(name) !== text) storage.setItem(name, text)
}

/** Calls back when another tab changed it; gives what ends that. */
export function onBasketElsewhere(changed: () => void): () => void {
  const look = ({ key }: StorageEvent): void => {
    if (key === name) changed()
  }
  window.addEventListener('storage', look)
  return () => window.removeEventListener('storage', look)
}

function parsed(text: string | null): { readonly lines?: unknown; readonly sending?: unknown } {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return isObject(value) ? value : {}
  } catch {
    return {} // somebody else's
  }
}

function isLine(line: unknown): line is BasketLine {
  if (!isObject(line) || !isObject(line.price)) return false
  const { productId, name, quantity, price } = line
  return (
    typeof productId === 'string' &&
    typeof name === 'string' &&
    Number.isInteger(quantity) &&
    Number.isInteger(price.amount) &&
    typeof price.currency === 'string'
  )
}

function isSending(value: unknown): value is Sending {
  if (!isObject(value)) return false
  const { key, userId, name, lines, atMs } = value
  const texts = [key, userId, name].every(each => typeof each === 'string')
  return texts && Array.isArray(lines) && typeof atMs === 'number'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
