/** The few icons there are, drawn as the pages are: lines of ink. */
import SvgIcon, { type SvgIconProps } from '@mui/material/SvgIcon'

function Line({ d, ...rest }: SvgIconProps & { readonly d: string }) {
  return (
    <SvgIcon {...rest}>
      <path d={d} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />
    </SvgIcon>
  )
}

/** Two sliders. */
export function SettingsIcon(props: SvgIconProps) {
  return (
    <Line
      {...props}
      d="M4 8h8m5 0h3M4 16h3m5 0h8M14.5 5.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6ZM9.5 13.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6Z"
    />
  )
}

export function ResetIcon(props: SvgIconProps) {
  return <Line {...props} d="M5 12a7 7 0 1 0 2.2-5.1M5 4.5v3.6h3.6" />
}

export function SunIcon(props: SvgIconProps) {
  return (
    <Line
      {...props}
      d="M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6ZM12 3v1.6M12 19.4V21M3 12h1.6M19.4 12H21M5.6 5.6l1.2 1.2M17.2 17.2l1.2 1.2M18.4 5.6l-1.2 1.2M6.8 17.2l-1.2 1.2"
    />
  )
}

export function MoonIcon(props: SvgIconProps) {
  return <Line {...props} d="M19.5 14.2A7.8 7.8 0 0 1 9.8 4.5a7.8 7.8 0 1 0 9.7 9.7Z" />
}

/** Half by day, half by night: as the system has it. */
export function SystemIcon(props: SvgIconProps) {
  return (
    <SvgIcon {...props}>
      <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="M12 4a8 8 0 0 1 0 16Z" fill="currentColor" />
    </SvgIcon>
  )
}

/** A small plan: two rooms, a corridor and an open door. */
export function PlanMark(props: SvgIconProps) {
  return (
    <SvgIcon viewBox="0 0 32 32" {...props}>
      <path
        d="M4 4h24v24H4ZM4 18h6m8 0h10M18 4v14"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.6"
        strokeLinejoin="round"
      />
      <path
        d="M10 18v8a8 8 0 0 0 8-8"
        fill="none"
        stroke="var(--mui-palette-secondary-main)"
        strokeWidth="2"
        strokeLinejoin="round"
      />
    </SvgIcon>
  )
}

/** Something went wrong. */
export function WarningIcon(props: SvgIconProps) {
  return <Line {...props} d="M12 4.5 21 20H3ZM12 10v4.4M12 17.2v.1" />
}
