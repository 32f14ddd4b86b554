'use client'
/** The store of operations, one for each tab, and the one stream that feeds it. */
import { configureStore } from '@reduxjs/toolkit'
import { type ReactNode, useEffect, useState } from 'react'
import { Provider, useDispatch, useSelector } from 'react-redux'
import { follow } from '../live/follow.ts'
import { liveOrders, ops, signedInFetch } from '../storefront/clients.ts'
import { boardReducer, heard } from './board.ts'
import { connected, feedReducer, happened, lost, remembered } from './feed.ts'

export function opsStore() {
  return configureStore({ reducer: { board: boardReducer, feed: feedReducer } })
}

export type OpsStore = ReturnType<typeof opsStore>
export type OpsState = ReturnType<OpsStore['getState']>

export const useOps = useSelector.withTypes<OpsState>()
export const useOpsDispatch = useDispatch.withTypes<OpsStore['dispatch']>()

export function OpsProvider({ children }: { readonly children: ReactNode }) {
  const [store] = useState(opsStore)
  useEffect(() => {
    const { dispatch } = store
    const remember = async (): Promise<void> => {
      const { items } = (await ops.recent()).value
      dispatch(remembered(items))
    }
    return follow(
      liveOrders,
      {
        connected() {
          dispatch(connected())
          remember().catch(() => undefined) // the pages say themselves what does not answer
        },
        lost: () => void dispatch(lost()),
        told(step) {
          dispatch(heard(step))
          dispatch(happened(step))
        },
      },
      signedInFetch,
    )
  }, [store])
  return <Provider store={store}>{children}</Provider>
}
