import { copyCanvas, ellipse, gradient, limb, newCanvas, paint, polygon, rectangle, type Canvas, type Colour } from './canvas.ts'
import { drawFigure } from './figure.ts'

/** What the demo camera sees: a house by a street, and between these two seconds a figure that walks past it. */
export interface SceneTiming {
  readonly entersAtS: number
  readonly leavesAtS: number
}
export const SCENE_TIMING: SceneTiming = { entersAtS: 3, leavesAtS: 9 }

const WALL: Colour = [226, 214, 190]
const WALL_SHADE: Colour = [196, 184, 162]
const ROOF: Colour = [150, 74, 58]
const WOOD: Colour = [112, 70, 44]
const DOOR: Colour = [132, 176, 168]
const WHITE: Colour = [244, 242, 236]
const GLASS: Colour = [150, 184, 204]
const HEDGE: Colour = [74, 112, 66]
const LEAVES: Colour = [92, 134, 76]
const KERB: Colour = [150, 150, 148]

const STRIDES_PER_S = 0.9
const FIGURE_HEIGHT = 0.56

/** The scene without anybody in it. */
export function drawStreet(width: number, height: number): Canvas {
  const canvas = newCanvas(width, height)
  const x = (share: number) => Math.round(share * width)
  const y = (share: number) => Math.round(share * height)

  gradient(canvas, [0, y(0.62)], [142, 186, 224], [222, 234, 242])
  gradient(canvas, [y(0.62), y(0.72)], [128, 164, 98], [112, 148, 86])
  gradient(canvas, [y(0.72), y(0.88)], [198, 194, 186], [184, 180, 172])
  gradient(canvas, [y(0.88), height], [96, 98, 102], [76, 78, 82])
  paint(canvas, rectangle(0, y(0.875), width, y(0.018)), KERB)
  for (const dash of [0.06, 0.38, 0.7]) paint(canvas, rectangle(x(dash), y(0.945), x(0.18), y(0.012)), WHITE)

  drawCloud(canvas, x(0.14), y(0.12), y(0.035))
  drawCloud(canvas, x(0.88), y(0.09), y(0.028))
  drawTree(canvas, x(0.08), y(0.64), y(0.4))
  drawHouse(canvas, { left: x(0.24), top: y(0.3), width: x(0.56), height: y(0.36) })
  for (let hedge = 0.86; hedge < 1.05; hedge += 0.05) paint(canvas, ellipse([x(hedge), y(0.62)], x(0.045), y(0.06)), HEDGE)
  return canvas
}

/** One frame: the street as it is, and the figure if it is there at that second. */
export function drawScene(street: Canvas, second: number): Canvas {
  const frame = copyCanvas(street)
  const through = (second - SCENE_TIMING.entersAtS) / (SCENE_TIMING.leavesAtS - SCENE_TIMING.entersAtS)
  if (through <= 0 || through >= 1) return frame
  const heightPx = FIGURE_HEIGHT * street.height
  const margin = heightPx * 0.25
  drawFigure(frame, {
    x: -margin + through * (street.width + 2 * margin),
    groundY: street.height * 0.84,
    heightPx,
    stride: second * STRIDES_PER_S * 2 * Math.PI,
  })
  return frame
}

function drawHouse(canvas: Canvas, house: { left: number; top: number; width: number; height: number }): void {
  const { left, top, width, height } = house
  const bottom = top + height
  paint(canvas, rectangle(left, top, width, height), WALL)
  paint(canvas, rectangle(left, bottom - height * 0.06, width, height * 0.06), WALL_SHADE)
  paint(
    canvas,
    polygon(
      [left + width * 0.16, top - height * 0.52],
      [left + width * 0.84, top - height * 0.52],
      [left + width * 1.05, top],
      [left - width * 0.05, top],
    ),
    ROOF,
  )
  paint(canvas, rectangle(left, top, width, height * 0.04), WALL_SHADE)

  const [doorLeft, doorTop] = [left + width * 0.68, top + height * 0.3]
  paint(canvas, rectangle(doorLeft - 4, doorTop - 4, width * 0.16 + 8, bottom - doorTop + 4), WHITE)
  paint(canvas, rectangle(doorLeft, doorTop, width * 0.16, bottom - doorTop), DOOR)
  paint(canvas, ellipse([doorLeft + width * 0.13, doorTop + (bottom - doorTop) * 0.55], 3, 3), WHITE)

  for (const at of [0.1, 0.38]) {
    const [windowLeft, windowTop] = [left + width * at, top + height * 0.26]
    paint(canvas, rectangle(windowLeft - 4, windowTop - 4, width * 0.2 + 8, height * 0.36 + 8), WHITE)
    paint(canvas, rectangle(windowLeft, windowTop, width * 0.2, height * 0.36), GLASS)
    paint(canvas, rectangle(windowLeft + width * 0.1 - 2, windowTop, 4, height * 0.36), WHITE)
  }
}

function drawTree(canvas: Canvas, x: number, groundY: number, height: number): void {
  paint(canvas, limb([x, groundY], [x, groundY - height * 0.5], height * 0.05, height * 0.035), WOOD)
  for (const [dx, up, radius] of [
    [-0.16, 0.58, 0.2],
    [0.16, 0.6, 0.21],
    [0, 0.78, 0.24],
  ] as const) {
    paint(canvas, ellipse([x + dx * height, groundY - up * height], radius * height, radius * height), LEAVES)
  }
}

function drawCloud(canvas: Canvas, x: number, y: number, radius: number): void {
  for (const [dx, size] of [
    [-1.4, 0.8],
    [0, 1.2],
    [1.5, 0.9],
  ] as const) {
    paint(canvas, ellipse([x + dx * radius, y], radius * 1.5 * size, radius * size), WHITE)
  }
}
