import { ellipse, limb, paint, type Canvas, type Colour, type Point } from './canvas.ts'

/** Where the figure stands and how far through its stride it is. */
export interface Pose {
  /** Pixels from the left to the middle of the body. */
  readonly x: number
  /** Pixels from the top to the soles. */
  readonly groundY: number
  readonly heightPx: number
  /** Angle within the stride, radians; one stride (two steps) is a full turn. */
  readonly stride: number
}

const SKIN: Colour = [214, 164, 132]
const HAIR: Colour = [52, 38, 30]
const JACKET: Colour = [36, 54, 92]
const SLEEVE: Colour = [26, 40, 70]
const TROUSERS: Colour = [48, 48, 54]
const TROUSERS_SHADE: Colour = [34, 34, 40]
const SHOES: Colour = [20, 18, 18]

type Body = { readonly canvas: Canvas; readonly h: number }

/** Lengths as parts of the figure's height. */
const BODY = { hip: 0.5, shoulder: 0.8, head: 0.925, thigh: 0.235, shin: 0.235, upperArm: 0.165, forearm: 0.15 }

/** Draws a person walking to the right: the far limbs first, then the body, then the near limbs. */
export function drawFigure(canvas: Canvas, pose: Pose): void {
  const { x, groundY, heightPx: h } = pose
  const bob = Math.abs(Math.sin(pose.stride)) * 0.008 * h
  const at = (right: number, up: number): Point => [x + right * h, groundY - up * h + bob]
  const body = { canvas, h }
  const hip = at(0, BODY.hip)
  const shoulder = at(0.005, BODY.shoulder)

  drawArm(body, shoulder, -Math.sin(pose.stride))
  drawLeg(body, hip, pose.stride + Math.PI, TROUSERS_SHADE)
  drawLeg(body, hip, pose.stride, TROUSERS)
  paint(canvas, limb(at(0, BODY.hip + 0.02), at(0.005, BODY.shoulder - 0.035), 0.076 * h, 0.096 * h), JACKET)
  paint(canvas, limb(at(0.005, 0.83), at(0.008, 0.88), 0.032 * h, 0.03 * h), SKIN)
  paint(canvas, ellipse(at(0.008, BODY.head), 0.055 * h, 0.07 * h), SKIN)
  paint(canvas, ellipse(at(-0.004, BODY.head + 0.026), 0.058 * h, 0.05 * h), HAIR)
  drawArm(body, shoulder, Math.sin(pose.stride))
}

/** The point `length` away in a direction: 0 is straight down, positive turns to the right. */
function reach([x, y]: Point, length: number, angle: number): Point {
  return [x + Math.sin(angle) * length, y + Math.cos(angle) * length]
}

function drawLeg({ canvas, h }: Body, hip: Point, phase: number, colour: Colour): void {
  const swing = Math.sin(phase) * 0.42
  // The knee bends while the leg comes forward and is straight when it carries the body.
  const bend = 0.08 + Math.max(0, Math.cos(phase)) * 0.6
  const knee = reach(hip, BODY.thigh * h, swing)
  const ankle = reach(knee, BODY.shin * h, swing - bend)
  const toe = reach(ankle, 0.075 * h, Math.PI / 2 - 0.15 - bend * 0.5)
  paint(canvas, limb(ankle, toe, 0.024 * h, 0.018 * h), SHOES)
  paint(canvas, limb(knee, ankle, 0.043 * h, 0.03 * h), colour)
  paint(canvas, limb(hip, knee, 0.066 * h, 0.045 * h), colour)
}

function drawArm({ canvas, h }: Body, shoulder: Point, swing: number): void {
  const elbow = reach(shoulder, BODY.upperArm * h, -swing * 0.45)
  const hand = reach(elbow, BODY.forearm * h, -swing * 0.45 + 0.25)
  paint(canvas, ellipse(reach(hand, 0.012 * h, 0), 0.022 * h, 0.026 * h), SKIN)
  paint(canvas, limb(shoulder, elbow, 0.042 * h, 0.034 * h), SLEEVE)
  paint(canvas, limb(elbow, hand, 0.034 * h, 0.024 * h), SLEEVE)
}
