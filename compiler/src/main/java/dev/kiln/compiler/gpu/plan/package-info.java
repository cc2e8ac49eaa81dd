/**
 * What the back end decides before it emits: {@link KernelPlan} with the layout of each tile, the
 * form of each product and the loads that run ahead of their loops.
 *
 * <p>{@link LayoutPlan} makes it: {@code LayoutGraph} joins tiles that share a layout, {@code
 * LayoutAssignment} chooses by costs, {@link DotChoice} finds instructions for products, {@link
 * PipelinePlan} the loads. {@link GirPrinter} shows it. Reads tile IR and its analyses, uses
 * layouts and the target; knows nothing of PTX. See {@code docs/compiler-layouts.md}.
 */
package dev.kiln.compiler.gpu.plan;
