/** Elements in other places: sorted, chosen by index, added up by index. */
package dev.kiln.kernels.rearrange;
