/** The home page: what runs here, and the ways in. */
import Typography from '@mui/material/Typography'
import { FloorPlan } from '../home/floor-plan.tsx'
import { Unanswered } from '../look/unanswered.tsx'
import { knownSystems } from '../server/systems.ts'

export default async function HomePage() {
  const systems = await knownSystems()
  return (
    <>
      <Typography variant="h1">What runs here</Typography>
      <Typography sx={{ color: 'text.secondary', mt: 1, mb: { xs: 2.5, sm: 4 }, maxWidth: '56ch' }}>
        Each system is written once, as a plan; this is the house they make. Open a room, or read what its doors answer
        to.
      </Typography>
      {systems ? <FloorPlan systems={systems} /> : <Unanswered title="The systems do not answer" />}
    </>
  )
}
