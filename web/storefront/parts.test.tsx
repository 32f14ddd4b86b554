/** The parts both portals are made of, drawn as the server draws them. */
import type { ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { Answered } from '../accounts/answered.tsx'
import type { Asked } from '../asking/asking.ts'
import { History } from './history.tsx'
import { Picture } from './picture.tsx'
import type { OrderEvent } from './shapes.ts'
import { StateMark } from './state-mark.tsx'
import { stateNames, states } from './states.ts'

const drawn = (element: ReactElement): string => renderToStaticMarkup(element).replace(/<style.*?<\/style>/g, '')
const textOf = (element: ReactElement): string =>
  drawn(element)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

describe('S10: parts of the portals', () => {
  it.each(states)('says %s in a word, not by a colour alone', state => {
    expect(textOf(<StateMark state={state} />)).toBe(stateNames[state])
  })

  const common = { orderId: 'o1', by: 'olga', at: '2026-03-01T10:11:12.000Z' }
  const events: readonly OrderEvent[] = [
    {
      ...common,
      by: 'anna',
      seq: 1,
      type: 'placed',
      customerId: 'anna',
      customerName: 'Anna',
      lines: [],
      total: { amount: 0, currency: 'EUR' },
    },
    { ...common, seq: 2, type: 'paid', reference: 'RF18' },
    { ...common, seq: 3, type: 'refunded', reason: 'Broken <b>lens</b>', returned: true },
  ]

  it('tells what happened in its order, to customers without saying who did it', () => {
    const told = textOf(<History events={events} />)
    expect(told).toMatch(/^Placed .*Paid .*Reference RF18 Refunded .*goods returned$/)
    expect(told).not.toContain('olga')
    expect(textOf(<History events={events} names />)).toMatch(/by anna .*by olga/)
  })

  it('shows what people wrote as they wrote it: no markup of theirs becomes ours', () => {
    expect(drawn(<History events={events} />)).toContain('Broken &lt;b&gt;lens&lt;/b&gt;')
  })

  it('has a picture that says nothing where its name stands beside it, and its name where it is alone', () => {
    expect(drawn(<Picture name="Camera" picture="camera-1.svg" />)).toMatch(
      /src="[^"]*\/pictures\/camera-1.svg" alt=""/,
    )
    expect(drawn(<Picture name="Camera" picture="camera-1.svg" main />)).toContain('alt="Camera"')
    expect(drawn(<Picture name="Camera" />)).not.toContain('<img')
  })

  const asked = (state: Partial<Asked<string>>): Asked<string> => ({
    ...{ value: undefined, refusal: undefined, again: () => {}, set: () => {} },
    ...state,
  })
  const answered = (state: Partial<Asked<string>>) =>
    drawn(
      <Answered asked={asked(state)} what="The orders">
        {value => <p>{value}</p>}
      </Answered>,
    )
  const refusal = { code: 'service-unavailable', detail: 'there was no answer', trace: '4bf92f35' }

  it('is busy until something is there, and says so', () => {
    expect(answered({})).toContain('aria-label="The orders: being fetched"')
    expect(answered({ value: 'two' })).toBe('<p>two</p>')
  })

  it('keeps what was there when asking again fails, with the trace and a way to try again', () => {
    const both = answered({ value: 'two', refusal })
    for (const part of ['two', 'The orders could not be fetched', '4bf92f35', 'Try again']) expect(both).toContain(part)
  })
})
