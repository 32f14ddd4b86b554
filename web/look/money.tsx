/** An amount of money, from its smallest unit, as the language of the pages writes it. Digits stand below each other. */
import Box from '@mui/material/Box'

export interface MoneyProps {
  /** In the currency's smallest unit: cents, say. */
  readonly amount: number
  /** Such as `EUR`. */
  readonly currency: string
}

export function Money({ amount, currency }: MoneyProps) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const { maximumFractionDigits = 2 } = format.resolvedOptions()
  return (
    <Box component="span" sx={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
      {format.format(amount / 10 ** maximumFractionDigits)}
    </Box>
  )
}
