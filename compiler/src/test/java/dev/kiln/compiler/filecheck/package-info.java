/**
 * Checks a text against directives in the comments of another: what a file test expects stands
 * beside what it is given.
 */
package dev.kiln.compiler.filecheck;
