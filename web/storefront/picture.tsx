/** The picture of a product; where there is none, its first letter. Beside its name it says nothing more. */
import Box from '@mui/material/Box'
import { pictureUrl } from './addresses.ts'

export interface PictureProps {
  readonly name: string
  readonly picture?: string | undefined
  /** It is what the page is about: said to screen readers, and loaded first. */
  readonly main?: boolean
  /** It is seen at once: not left for later. */
  readonly soon?: boolean
}

const frame = {
  display: 'block',
  width: '100%',
  aspectRatio: '4 / 3',
  objectFit: 'cover',
  bgcolor: 'primary.light',
}

export function Picture({ name, picture, main = false, soon = main }: PictureProps) {
  if (picture === undefined) {
    return (
      <Box
        aria-hidden="true"
        sx={{ ...frame, display: 'grid', placeItems: 'center', color: 'primary.main', fontSize: 40 }}
      >
        {name.slice(0, 1)}
      </Box>
    )
  }
  return (
    <Box
      component="img"
      src={pictureUrl(picture)}
      alt={main ? name : ''}
      width={640}
      height={480}
      loading={soon ? 'eager' : 'lazy'}
      fetchPriority={soon ? 'high' : 'auto'}
      decoding="async"
      sx={{ ...frame, height: 'auto' }}
    />
  )
}
