'use client'
/**
 * The one theme of all pages: an architect's drawing. Ink and petrol on cool paper by day, chalk on slate by night. Walls
 * are lines of ink; what is alive is lit in amber. System fonts only: nothing is loaded for a letter.
 */
import { createTheme } from '@mui/material/styles'

const sans = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif'

/** For names of things one types, and numbers of rooms. */
export const mono = 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace'

/** The attribute of the document that holds the chosen side; see `ModeSwitch`. */
export const lookAttribute = 'data-look'

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: lookAttribute },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#0a5562', dark: '#073d47', light: '#d5e9ec', contrastText: '#ffffff' },
        secondary: { main: '#9a5b00', contrastText: '#ffffff' },
        error: { main: '#b02a1c' },
        warning: { main: '#8a5200' },
        success: { main: '#1c6b45' },
        background: { default: '#edf2f2', paper: '#fdfefe' },
        text: { primary: '#0f2429', secondary: '#46595e' },
        divider: '#c9d5d7',
      },
    },
    dark: {
      palette: {
        primary: { main: '#7fd3da', dark: '#a9e6ea', light: '#16383e', contrastText: '#04252a' },
        secondary: { main: '#f2bc57', contrastText: '#2b1b00' },
        error: { main: '#ffb0a5' },
        warning: { main: '#f2bc57' },
        success: { main: '#86d6a8' },
        background: { default: '#0c1417', paper: '#121e22' },
        text: { primary: '#e8f0f0', secondary: '#a5b8bb' },
        divider: '#2b3b40',
      },
    },
  },
  shape: { borderRadius: 10 },
  typography: {
    fontFamily: sans,
    h1: {
      fontSize: 'clamp(1.75rem, 1.3rem + 2vw, 2.5rem)',
      fontWeight: 680,
      letterSpacing: '-0.028em',
      lineHeight: 1.12,
    },
    h2: { fontSize: '1.25rem', fontWeight: 650, letterSpacing: '-0.015em', lineHeight: 1.25 },
    h3: { fontSize: '0.9375rem', fontWeight: 650, lineHeight: 1.4 },
    body1: { fontSize: '1rem', lineHeight: 1.55 },
    body2: { fontSize: '0.9063rem', lineHeight: 1.5 },
    button: { fontWeight: 620, textTransform: 'none', letterSpacing: 0 },
    overline: {
      fontFamily: mono,
      fontSize: '0.75rem',
      letterSpacing: '0.06em',
      textTransform: 'none',
      lineHeight: 1.6,
    },
  },
  components: {
    MuiButton: {
      defaultProps: { disableElevation: true },
      styleOverrides: {
        root: { borderRadius: 8 },
        sizeLarge: { minHeight: 52, fontSize: '1.0625rem' },
        contained: {
          '&.Mui-disabled': {
            backgroundColor: 'var(--mui-palette-divider)',
            color: 'var(--mui-palette-text-secondary)',
          },
        },
      },
    },
    MuiButtonBase: {
      styleOverrides: {
        root: {
          '&:focus-visible': { outline: '3px solid var(--mui-palette-secondary-main)', outlineOffset: 2 },
        },
      },
    },
    MuiLink: {
      defaultProps: { underline: 'always' },
      styleOverrides: {
        root: {
          fontWeight: 560,
          textUnderlineOffset: '0.2em',
          textDecorationThickness: '1px',
          textDecorationColor: 'color-mix(in srgb, currentColor 40%, transparent)',
          '&:hover': { textDecorationColor: 'currentColor' },
          '&:focus-visible': {
            outline: '3px solid var(--mui-palette-secondary-main)',
            outlineOffset: 3,
            borderRadius: 2,
          },
        },
      },
    },
    MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
    MuiCard: {
      defaultProps: { variant: 'outlined' },
      styleOverrides: { root: { borderRadius: 14, borderColor: 'var(--mui-palette-divider)' } },
    },
    MuiDialogTitle: { styleOverrides: { root: { fontWeight: 650, letterSpacing: '-0.015em' } } },
    MuiDialog: { styleOverrides: { paper: { borderRadius: 14 } } },
    MuiChip: { styleOverrides: { root: { borderRadius: 6, fontWeight: 600 } } },
    MuiCssBaseline: {
      styleOverrides: {
        ':root': { '--wall': '#0f2429' },
        [`[${lookAttribute}="dark"]`]: { '--wall': '#6f8b90' },
        body: { minHeight: '100dvh', display: 'flex', flexDirection: 'column' },
        '@media (prefers-reduced-motion: reduce)': {
          '*, *::before, *::after': {
            animationDuration: '0.01ms !important',
            // What goes round for ever would be drawn anew for every picture of the screen.
            animationIterationCount: '1 !important',
            transitionDuration: '0.01ms !important',
          },
        },
      },
    },
  },
})
