/** A QR code, read back from what is drawn. */
import decodeQR from 'qr/decode.js'
import { expect, it } from 'vitest'
import { squaresOf } from './squares.ts'

const uri =
  'otpauth://totp/Storefront:nora.lind%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Storefront'

/** The pixels of a path of squares, each four wide, dark on light. */
function painted({ side, path }: ReturnType<typeof squaresOf>, scale = 4) {
  const size = side * scale
  const data = new Uint8ClampedArray(size * size * 4).fill(255)
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < scale; row++) {
      const start = ((Number(y) * scale + row) * size + Number(x) * scale) * 4
      for (let at = start; at < start + scale * 4; at += 4) data.fill(0, at, at + 3)
    }
  }
  return { width: size, height: size, data }
}

it('R1: what an app reads from the code is the secret that was given', () => {
  expect(decodeQR(painted(squaresOf(uri)))).toBe(uri)
})
