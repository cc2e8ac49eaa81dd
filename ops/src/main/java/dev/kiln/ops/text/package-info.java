/**
 * Text and tokens: from characters to the numbers that a language model reads, and back.
 *
 * <p>In come text files, the sources of the JDK or token files; out go batches of tokens in host
 * memory. Uses {@code dev.kiln.ops.data} for plans, seeds and streams of batches, {@code
 * dev.kiln.runtime} for its exception and for writing files, Jackson for JSON.
 *
 * <ul>
 *   <li>{@link dev.kiln.ops.text.TextSource} and {@link dev.kiln.ops.text.JdkSources} read text.
 *   <li>A {@link dev.kiln.ops.text.Tokenizer} turns it into tokens: {@link
 *       dev.kiln.ops.text.CharacterTokenizer}, or {@link dev.kiln.ops.text.BytePairTokenizer},
 *       which {@link dev.kiln.ops.text.BytePairTraining} makes.
 *   <li>A {@link dev.kiln.ops.text.TokenSource} is a long row of tokens: in memory, or mapped from
 *       {@link dev.kiln.ops.text.TokenFile}s. {@link dev.kiln.ops.text.TokenWindows} cuts batches
 *       from it.
 *   <li>{@link dev.kiln.ops.text.SequenceBatch} pads sequences of several lengths; {@link
 *       dev.kiln.ops.text.WordVocabulary} and {@link dev.kiln.ops.text.WordPairs} serve word2vec.
 * </ul>
 */
package dev.kiln.ops.text;
