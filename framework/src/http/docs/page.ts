import type { OpenApiDocument } from '../openapi/document.ts'
export function docsPage(_document: OpenApiDocument): { html: string; scriptHash: string; styleHash: string } {
  return { html: '', scriptHash: '', styleHash: '' }
}
