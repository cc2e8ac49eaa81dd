/**
 * Data sets and what is done to examples before a model sees them.
 *
 * <p>In come files and bundled resources; out go batches of numbers in host memory. Uses {@code
 * dev.kiln.runtime} for its exception and for writing files, Jackson for JSON and CSV.
 *
 * <p>The model, from the file to the step of training:
 *
 * <ul>
 *   <li>{@link dev.kiln.ops.data.Dataset}: examples with numbers from 0; views select, map and join
 *       them. {@link dev.kiln.ops.data.LabeledImages} (from {@link dev.kiln.ops.data.IdxFile},
 *       {@link dev.kiln.ops.data.Mnist}, {@link dev.kiln.ops.data.CifarFile}), {@link
 *       dev.kiln.ops.data.EncodedTable} (from {@link dev.kiln.ops.data.CsvFile} by a {@link
 *       dev.kiln.ops.data.TableEncoder}) and {@link dev.kiln.ops.data.SeriesWindows} are data sets.
 *   <li>{@link dev.kiln.ops.data.Split}: which examples are for training, validation and testing.
 *   <li>{@link dev.kiln.ops.data.Sampler}: the order of an epoch, a pure function of the epoch.
 *   <li>{@link dev.kiln.ops.data.BatchPlan}: what the batches of an epoch are, a pure function of
 *       the epoch and the number of the batch. {@link dev.kiln.ops.data.ExamplePlan} makes one of a
 *       data set, a sampler, augmentations and a {@link dev.kiln.ops.data.Collation}. Randomness is
 *       a function of (seed, epoch, example): see {@link dev.kiln.ops.data.Seed}. No thread, no
 *       earlier batch and no interruption has a part in it.
 *   <li>{@link dev.kiln.ops.data.BatchStream}: walks through a plan. Where it stands is a {@link
 *       dev.kiln.ops.data.Position} of two numbers for a checkpoint; restored, it goes on with the
 *       same batches, bit for bit. {@link dev.kiln.ops.data.BatchLoader} makes batches when they
 *       are asked for, {@link dev.kiln.ops.data.Prefetcher} on a thread of its own.
 * </ul>
 */
package dev.kiln.ops.data;
