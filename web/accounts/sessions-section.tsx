'use client'
/** Where I am signed in, with a way to end each. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { Moment } from '../look/moment.tsx'
import { agentWords } from './agent.ts'
import { Answered } from './answered.tsx'
import { useAccounts } from './place.tsx'
import { Said, Section } from './section.tsx'
import type { MySession } from './shapes.ts'
import { wordsOf } from './words.ts'

export function SessionsSection() {
  const { accounts } = useAccounts()
  const asked = useAsked(useCallback(() => valueIn(accounts.listSessions()), [accounts]))
  const [said, setSaid] = useState('')
  const [why, setWhy] = useState<Refusal>()
  const run = (end: () => Promise<{ readonly ended: number }>): void => {
    setSaid('')
    setWhy(undefined)
    end()
      .then(({ ended }) => setSaid(ended === 1 ? 'One session has ended.' : `${ended} sessions have ended.`))
      .catch(error => setWhy(refusalOf(error)))
      .finally(asked.again)
  }
  const endOne = ({ sessionId }: MySession): void => run(() => valueIn(accounts.endSession({ params: { sessionId } })))
  return (
    <Section title="Where you are signed in">
      <Answered asked={asked} what="The sessions">
        {({ sessions }) => (
          <>
            <Sessions sessions={sessions} end={endOne} />
            {sessions.length > 1 && (
              <Button
                variant="outlined"
                sx={{ alignSelf: 'flex-start' }}
                onClick={() => run(() => valueIn(accounts.endOthers()))}
              >
                End all others
              </Button>
            )}
          </>
        )}
      </Answered>
      {why && <Failure title="No session was ended" detail={wordsOf(why)} trace={why.trace} />}
      <Said>{said}</Said>
    </Section>
  )
}

const row = {
  ...{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 2, py: 1 },
  ...{ borderTop: '1px solid', borderColor: 'divider' },
}

function Sessions({ sessions, end }: { readonly sessions: readonly MySession[]; end(session: MySession): void }) {
  return (
    <Box component="ul" aria-label="Sessions" sx={{ listStyle: 'none', p: 0, m: 0 }}>
      {sessions.map(session => (
        <Box component="li" key={session.sessionId} sx={row}>
          <Box sx={{ minWidth: 0 }}>
            <Typography variant="h3" component="p">
              {agentWords(session.agent)}
            </Typography>
            <Typography variant="body2" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
              {session.address} · since <Moment at={session.since} /> · last seen <Moment at={session.lastSeen} />
            </Typography>
          </Box>
          {session.current ? (
            <Typography variant="body2" sx={{ fontWeight: 600, whiteSpace: 'nowrap' }}>
              This one
            </Typography>
          ) : (
            <Button
              size="small"
              color="inherit"
              aria-label={`End ${agentWords(session.agent)}`}
              onClick={() => end(session)}
            >
              End
            </Button>
          )}
        </Box>
      ))}
    </Box>
  )
}
