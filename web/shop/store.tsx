'use client'
/** The shop's store, one for each tab: it is filled from what the browser kept, and kept again when it changes. */
import { configureStore } from '@reduxjs/toolkit'
import { type ReactNode, useEffect, useState } from 'react'
import { Provider, useDispatch, useSelector } from 'react-redux'
import { basketReducer, loaded } from './basket.ts'
import { keepBasket, onBasketElsewhere, readBasket } from './keeping.ts'

export function shopStore() {
  return configureStore({ reducer: { basket: basketReducer } })
}

export type ShopStore = ReturnType<typeof shopStore>
export type ShopState = ReturnType<ShopStore['getState']>

export const useShop = useSelector.withTypes<ShopState>()
export const useShopDispatch = useDispatch.withTypes<ShopStore['dispatch']>()

export function ShopProvider({ children }: { readonly children: ReactNode }) {
  const [store] = useState(shopStore)
  useEffect(() => {
    const read = (): void => void store.dispatch(loaded(readBasket(localStorage, Date.now())))
    read()
    const endElsewhere = onBasketElsewhere(read)
    const endKeeping = store.subscribe(() => keepBasket(localStorage, store.getState().basket))
    return () => {
      endElsewhere()
      endKeeping()
    }
  }, [store])
  return <Provider store={store}>{children}</Provider>
}
