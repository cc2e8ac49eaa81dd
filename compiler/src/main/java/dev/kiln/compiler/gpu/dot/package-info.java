/** Matrix products: tensor core instructions and their operands, or multiply-adds. */
package dev.kiln.compiler.gpu.dot;
