/**
 * Layouts: which thread holds which element of a tile, where elements lie in shared memory, and
 * what follows from that.
 *
 * <p>{@link LinearLayout} is the one class of layouts in registers, a linear map over GF(2); {@link
 * BlockedLayout} and {@link MmaLayout} construct it. {@link SharedLayout} is the same for places in
 * shared memory. {@link ConversionPlanner} says how a tile gets from one layout to another: by
 * registers, shuffles or shared memory without bank conflicts. {@link LayoutText} and {@link
 * LayoutPicture} show layouts to people.
 *
 * <p>Knows nothing of PTX, targets or operations; uses shapes of tile IR, nothing else. See {@code
 * docs/compiler-layouts.md}.
 */
package dev.kiln.compiler.layout;
