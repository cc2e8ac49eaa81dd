/**
 * Operations in which elements of different threads meet: reductions, scans, gathers, histograms.
 */
package dev.kiln.compiler.gpu.combine;
