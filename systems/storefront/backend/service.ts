/**
 * The backend, the account management service: the source of truth for orders, products and stock.
 */
import { service } from 'groundplan'
import { activity, liveOrders, recentActivity } from './activity.ts'
import { catalogue, catalogueLag, words } from './catalogue.ts'
import { cancelMine, changeOrder } from './change-order.ts'
import { applyUpdate, failedUpdates, newPicture, redriveUpdate, requestUpdate, someUpdates } from './change-product.ts'
import { exportNightly, exportSales } from './export-sales.ts'
import { myLiveOrder, myOrder, myOrderHistory, myOrders, oneOrder, ordersInState } from './orders.ts'
import { placeOrder } from './place-order.ts'
import { allProducts, movements, oneProduct, productHistory } from './products.ts'
import { countSales, dashboard, salesReport } from './sales.ts'
import { stockUp } from './stock.ts'
import { readInbox, seeNotice, tellOperations } from './tell-operations.ts'

export const backend = service('backend', {
  ...{ placeOrder, myOrders, myOrder, myOrderHistory, myLiveOrder, cancelMine },
  ...{ ordersInState, oneOrder, changeOrder, activity, liveOrders, recentActivity },
  ...{ allProducts, oneProduct, productHistory, movements, stockUp },
  ...{ requestUpdate, applyUpdate, someUpdates, failedUpdates, redriveUpdate, newPicture },
  ...{ catalogue, words, catalogueLag },
  ...{ tellOperations, readInbox, seeNotice },
  ...{ countSales, salesReport, dashboard, exportSales, exportNightly },
})
