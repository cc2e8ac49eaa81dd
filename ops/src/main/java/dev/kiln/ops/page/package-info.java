/**
 * Pages that need no other file: markup that escapes what it is given, numbers as people read them,
 * axes and frames of charts in SVG, styles for light and dark. In come texts and numbers, out goes
 * HTML. Uses nothing of Kiln; {@code ops.report} and {@code ops.profile.page} use it.
 */
package dev.kiln.ops.page;
