/** The orders board. */
import type { Metadata } from 'next'
import { BoardView } from '../../../ops/board-view.tsx'

export const metadata: Metadata = { title: 'Orders' }

export default function BoardPage() {
  return <BoardView />
}
