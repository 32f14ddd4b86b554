'use client'
/** Asks for an update of a product, and watches it from "pending" until it is in, or given up. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { isPassing, type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { newKey, ops } from '../storefront/clients.ts'
import type { ProductChanges } from '../storefront/shapes.ts'

export type UpdateStep =
  | { readonly kind: 'none' | 'asking' }
  | { readonly kind: 'pending'; readonly updateId: string; readonly productId: string }
  | { readonly kind: 'applied'; readonly productId: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly trace?: string | undefined }
  | { readonly kind: 'refused'; readonly why: Refusal }

const lookMs = 400

export interface Updating {
  readonly step: UpdateStep
  /** `picture` is uploaded before the update is asked for. */
  ask(productId: string, changes: ProductChanges, picture?: File): Promise<void>
}

/** `applied` is called once an update is in. */
export function useUpdate(applied: () => void): Updating {
  const [step, setStep] = useState<UpdateStep>({ kind: 'none' })
  const key = useRef<string>(undefined)
  const latest = useRef(applied)
  latest.current = applied

  const ask = useCallback(async (productId: string, changes: ProductChanges, picture?: File) => {
    setStep({ kind: 'asking' })
    key.current ??= newKey()
    try {
      const all = picture ? { ...changes, picture: await uploaded(picture) } : changes
      const update = await valueIn(ops.updateProduct({ params: { productId }, body: all, once: key.current }))
      key.current = undefined
      setStep({ kind: 'pending', updateId: update.updateId, productId })
    } catch (error) {
      const why = refusalOf(error)
      // What may have been asked for keeps its key, unless a picture makes it another request.
      if (!isPassing(why) || picture) key.current = undefined
      setStep({ kind: 'refused', why })
    }
  }, [])

  useEffect(() => {
    if (step.kind !== 'pending') return undefined
    const timer = setInterval(() => {
      becameOf(step.updateId, step.productId).then(
        next => {
          if (next.kind === 'pending') return
          setStep(next)
          if (next.kind === 'applied') latest.current()
        },
        () => undefined, // it is looked at again
      )
    }, lookMs)
    return () => clearInterval(timer)
  }, [step])

  return { step, ask }
}

/** The history of the product says what is in; the failed updates what was given up. */
async function becameOf(updateId: string, productId: string): Promise<UpdateStep> {
  const { events } = await valueIn(ops.productHistory({ params: { productId }, query: { limit: 20 } }))
  if (events.some(event => event.updateId === updateId)) return { kind: 'applied', productId }
  const { items } = await valueIn(ops.failedUpdates())
  const failed = items.find(each => each.updateId === updateId)
  if (failed) return { kind: 'failed', reason: failed.reason, trace: failed.trace }
  return { kind: 'pending', updateId, productId }
}

/** Uploads a picture straight to its bucket; its name is said in the update. */
async function uploaded(file: File): Promise<string> {
  const type = pictureTypes.find(each => each === file.type)
  if (!type) throw new Error(`a picture of the type ${file.type}`)
  const { picture, url } = await valueIn(ops.newPicture({ body: { type } }))
  const answer = await fetch(url, { method: 'PUT', body: file, headers: { 'content-type': type } })
  if (!answer.ok) throw new Error(`the picture was answered ${answer.status}`)
  return picture
}

export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp'] as const
