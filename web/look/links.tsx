'use client'
/** Links that look as the theme has them and are followed without loading a new document. */
import Button, { type ButtonProps } from '@mui/material/Button'
import MuiLink, { type LinkProps as MuiLinkProps } from '@mui/material/Link'
import NextLink from 'next/link'

type Target = { readonly href: string; readonly prefetch?: boolean }

export function LinkButton(props: ButtonProps & Target) {
  return <Button component={NextLink} {...props} />
}

export function TextLink(props: MuiLinkProps & Target) {
  return <MuiLink component={NextLink} {...props} />
}
