/**
 * What a container at Amazon keeps things with: the drivers, told by the variables that its template gives it. It stands
 * in the config of the image, so that one image serves every environment.
 */
import { type ContainerEngines, type Plan, partsOf, resourcesOf } from 'groundplan/target'

export function containerEngines(plans: readonly Plan[]): ContainerEngines {
  const parts = plans.map(plan => partsOf(plan))
  const lends = parts.some(({ uses }) => uses.some(({ grant }) => grant.right === 'uploader'))
  const hasDatabases = parts.some(each => resourcesOf(each, 'database').length > 0)
  return {
    packages: ['@groundplan/aws', ...(hasDatabases ? ['@groundplan/postgres'] : [])],
    imports: {
      '@groundplan/aws/config': ['aws', ...(hasDatabases ? ['auroraPassword'] : [])],
      ...(hasDatabases ? { '@groundplan/postgres/config': ['postgres'] } : {}),
    },
    engines: [awsHere(lends), ...(hasDatabases ? [aurora] : [])],
    ...(hasDatabases ? { certificates: ofAurora } : {}),
  }
}

const here = (variable: string): string => `fromEnv('${variable}')`

const awsHere = (lends: boolean): string =>
  `aws({ ${[
    `region: ${here('AWS_REGION')}`,
    `environment: ${here('GROUNDPLAN_ENVIRONMENT')}`,
    `bucketPrefix: ${here('GROUNDPLAN_AWS_BUCKET_PREFIX')}`,
    ...(lends ? [`uploadRole: ${here('GROUNDPLAN_AWS_UPLOAD_ROLE')}`] : []),
  ].join(', ')} })`

/** Aurora is known by certificates of Amazon's own, of all regions: Lambda has them, and an image has not. */
const ofAurora = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem'

const password = `auroraPassword({ region: ${here('AWS_REGION')}, login: ${here('GROUNDPLAN_AWS_DATABASE_LOGIN')} })`

const aurora = `postgres({ ${[
  `url: ${here('GROUNDPLAN_AWS_DATABASE_URL')}`,
  `password: ${password}`,
  `only: 'databases'`,
  'makesDatabases: true',
].join(', ')} })`
