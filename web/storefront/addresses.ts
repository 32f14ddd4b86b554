/** Where storefront's gateways stand, from a page. */

export const gatewayUrls = {
  customer: '/api/storefront/customer',
  ops: '/api/storefront/ops',
} as const

/** The picture of a product. */
export function pictureUrl(name: string): string {
  return `${gatewayUrls.customer}/pictures/${encodeURIComponent(name)}`
}
