/**
 * What compilations leave on disk, for the next process.
 *
 * <p>A {@link dev.kiln.runtime.cache.CompileCache} maps keys to payloads in a {@link
 * dev.kiln.runtime.cache.CacheFolder}, whatever they are. Keys are whole: source, specialisation,
 * target, {@link dev.kiln.runtime.cache.CompilerVersion}. {@link
 * dev.kiln.runtime.cache.ModuleFacts} say what a launch needs to know of a kernel file without
 * parsing it, {@link dev.kiln.runtime.cache.SourceClosure} what a kernel's meaning depends on. Uses
 * the compiler's syntax and values; the formats of artefacts belong to the devices.
 */
package dev.kiln.runtime.cache;
