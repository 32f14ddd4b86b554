'use client'
/** The API keys of an account: what each may do, when it was used, and making, rotating and revoking them. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Moment } from '../look/moment.tsx'
import { mono } from '../look/theme.ts'
import { Answered } from './answered.tsx'
import { type Ending, KeyDialog } from './key-dialog.tsx'
import { rateWords } from './key-words.ts'
import { list, quiet, row } from './list-look.ts'
import { Mark, Marks } from './mark.tsx'
import { NewKey } from './new-key.tsx'
import { useAccounts } from './place.tsx'
import { SecretOnce } from './secret-once.tsx'
import { Said } from './section.tsx'
import type { Key, Keys } from './shapes.ts'
import { Signed } from './signed.tsx'

export function KeysView() {
  return (
    <Signed title="API keys" may="keys" wide>
      {who => <MyKeys shared={who.tenant !== undefined} />}
    </Signed>
  )
}

/** `shared`: with everybody of the same tenant. */
function MyKeys({ shared }: { readonly shared: boolean }) {
  const { accounts } = useAccounts()
  const asked = useAsked(useCallback(() => valueIn(accounts.listKeys()), [accounts]))
  return (
    <>
      <Typography sx={{ maxWidth: '62ch' }}>
        With a key a program calls in your name, without a password and without you.{' '}
        {shared && 'The keys belong to all of you: whoever may manage keys here sees the same ones. '}
        Give each program a key of its own, so that you can revoke one without the others.
      </Typography>
      <Answered asked={asked} what="Your API keys">
        {value => <Managing {...value} again={asked.again} />}
      </Answered>
    </>
  )
}

interface Made {
  readonly name: string
  readonly text: string
}

function Managing({ keys, scopes, rates, again }: Keys & { again(): void }) {
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<Made>()
  const [ending, setEnding] = useState<Ending>()
  const [said, setSaid] = useState('')
  const show = (name: string, text: string): void => {
    setMaking(false)
    setEnding(undefined)
    setMade({ name, text })
    again()
  }
  const revoked = (name: string): void => {
    setEnding(undefined)
    setSaid(`${name} is revoked: nobody gets in with it any more.`)
    again()
  }
  const begin = (): void => {
    setSaid('')
    setMaking(true)
  }
  return (
    <>
      {made && (
        <SecretOnce key={made.text} title={`The key of ${made.name}`} text={made.text} done={() => setMade(undefined)}>
          Copy it now to where the program reads it: it is shown this once, and nobody can show it again.
        </SecretOnce>
      )}
      {isMaking && <NewKey {...{ scopes, rates }} made={show} cancel={() => setMaking(false)} />}
      {!isMaking && (
        <Button variant={made ? 'outlined' : 'contained'} onClick={begin} sx={{ alignSelf: 'flex-start' }}>
          Make a key
        </Button>
      )}
      {keys.length === 0 ? <Empty title="No keys yet" /> : <KeyList {...{ keys, rates, setEnding }} />}
      <Said>{said}</Said>
      {ending && <KeyDialog {...ending} rotated={show} revoked={revoked} cancel={() => setEnding(undefined)} />}
    </>
  )
}

interface KeyListProps extends Pick<Keys, 'keys' | 'rates'> {
  setEnding(ending: Ending): void
}

function KeyList({ keys, rates, setEnding }: KeyListProps) {
  return (
    <Card component="ul" aria-label="API keys" sx={list}>
      {keys.map(key => (
        <Box component="li" key={key.keyId} sx={row}>
          <Box sx={{ minWidth: 0, flex: '1 1 320px' }}>
            <Typography variant="h3" component="p">
              {key.name}
            </Typography>
            <Box component="code" sx={{ fontFamily: mono, fontSize: '0.8438rem', overflowWrap: 'anywhere' }}>
              {key.prefix}…
            </Box>
            <Typography variant="body2" component="div" sx={{ ...quiet, mt: 0.5 }}>
              <Marks>
                {key.scopes.map(scope => (
                  <Mark key={scope}>{scope}</Mark>
                ))}
              </Marks>{' '}
              {rateOf(key, rates)}
            </Typography>
          </Box>
          <Typography variant="body2" component="div" sx={{ ...quiet, flex: '1 1 200px' }}>
            <div>
              Made <Moment at={key.createdAt} />
            </div>
            <div>{key.lastUsedAt === undefined ? 'Never used' : <UsedAt at={key.lastUsedAt} />}</div>
            <State expiresAt={key.expiresAt} />
          </Typography>
          <Box sx={{ display: 'flex', gap: 1 }}>
            <Button
              size="small"
              aria-label={`Rotate ${key.name}`}
              onClick={() => setEnding({ kind: 'rotate', which: key })}
            >
              Rotate
            </Button>
            <Button
              size="small"
              color="error"
              aria-label={`Revoke ${key.name}`}
              onClick={() => setEnding({ kind: 'revoke', which: key })}
            >
              Revoke
            </Button>
          </Box>
        </Box>
      ))}
    </Card>
  )
}

function UsedAt({ at }: { readonly at: string }) {
  return (
    <>
      Last used <Moment at={at} />
    </>
  )
}

function State({ expiresAt }: { readonly expiresAt: string | undefined }) {
  if (expiresAt === undefined) return <div>Good until it is revoked</div>
  return (
    <Box sx={{ color: 'warning.main', fontWeight: 600 }}>
      Good until <Moment at={expiresAt} />
    </Box>
  )
}

function rateOf({ rate }: Key, rates: Keys['rates']): string {
  const plan = rates.find(({ name }) => name === rate)
  return plan ? rateWords(plan) : ''
}
