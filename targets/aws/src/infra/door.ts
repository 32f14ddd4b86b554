/** The certificate of a system's address and of its gateways' where these have their own, proved by records in the domain's zone. */
import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager'
import { exported, type Kit } from '../kit.ts'
import { hostOf, namedDoors } from '../system.ts'

export function certificate(kit: Kit, hostedZoneId: string): CfnCertificate {
  const domainName = kit.system.settings.host
  const ofFunctions = kit.system.services.flatMap(({ compute, gateway }) =>
    compute === 'functions' && gateway !== undefined ? [hostOf(kit.system, gateway)] : [],
  )
  const below = [...ofFunctions, ...namedDoors(kit.system).map(({ host }) => host)]
  const made = new CfnCertificate(kit.stack, 'Certificate', {
    domainName,
    ...(below.length > 0 ? { subjectAlternativeNames: below } : {}),
    validationMethod: 'DNS',
    domainValidationOptions: [domainName, ...below].map(name => ({ domainName: name, hostedZoneId })),
  })
  exported(kit, 'CertificateArn', made.ref, `Says that this is ${domainName}`)
  return made
}
