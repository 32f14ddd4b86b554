/** The pages know the same states and actions as the plan. */

import { orderStates, transitions } from '@systems/storefront/model/orders.ts'
import { expect, it } from 'vitest'
import { actionsIn, isFinal, states } from './states.ts'

it('S4: what pages offer in a state is what the plan allows in it', () => {
  expect(states.toSorted()).toEqual(orderStates.toSorted())
  for (const state of orderStates) {
    const allowed = transitions.filter(({ from }) => from === state).map(({ action }) => action)
    expect(actionsIn[state].toSorted(), state).toEqual(allowed.toSorted())
    expect(isFinal(state), state).toBe(allowed.length === 0)
  }
})
