/** What happens to orders, as it happens: the last steps, and whether they are live. State of Redux Toolkit. */
import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { Activity } from '../storefront/shapes.ts'

export type Connection = 'connecting' | 'live' | 'lost'

export interface Feed {
  readonly connection: Connection
  /** How often it was connected: what depends on it is read again when this changes. */
  readonly connects: number
  /** The newest first. */
  readonly steps: readonly Activity[]
  /** Steps that were heard live. */
  readonly heard: number
}

const most = 50
const initialState: Feed = { connection: 'connecting', connects: 0, steps: [], heard: 0 }

const feed = createSlice({
  name: 'feed',
  initialState,
  reducers: {
    connected(state) {
      state.connection = 'live'
      state.connects += 1
    },
    lost(state) {
      state.connection = 'lost'
    },
    /** What happened before the stream was opened. */
    remembered(state, { payload }: PayloadAction<readonly Activity[]>) {
      state.steps = newest([...state.steps, ...payload])
    },
    happened(state, { payload }: PayloadAction<Activity>) {
      state.steps = newest([payload, ...state.steps])
      state.heard += 1
    },
  },
})

export const { connected, lost, remembered, happened } = feed.actions
export const feedReducer = feed.reducer

/** Each step once, the newest first. */
function newest(steps: readonly Activity[]): Activity[] {
  const once = new Map(steps.map(step => [`${step.orderId} ${step.seq}`, step]))
  return [...once.values()].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, most)
}
