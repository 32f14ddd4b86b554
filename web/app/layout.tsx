/** The document around every page. */
import InitColorSchemeScript from '@mui/material/InitColorSchemeScript'
import { AppRouterCacheProvider } from '@mui/material-nextjs/v16-appRouter'
import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Look } from '../look/look.tsx'
import { Shell } from '../look/shell.tsx'

export const metadata: Metadata = {
  title: { default: 'Groundplan', template: '%s · Groundplan' },
  description: 'What runs here: the systems of this project, their pages and their documentation.',
  robots: { index: false },
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#edf2f2' },
    { media: '(prefers-color-scheme: dark)', color: '#0c1417' },
  ],
}

export default async function Layout({ children }: { readonly children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? ''
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <InitColorSchemeScript attribute="data-look" nonce={nonce} />
        <AppRouterCacheProvider options={{ key: 'gp', nonce }}>
          <Look>
            <Shell>{children}</Shell>
          </Look>
        </AppRouterCacheProvider>
      </body>
    </html>
  )
}
