package dev.kiln.ops.model;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.function.TokenEmbedding;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.nn.sequence.NormParameters;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Recompute;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A generative Transformer of the GPT-2 family (Radford et al., 2019): learned positions, blocks
 * that normalize first, and a head without bias that shares its weight with the token embedding.
 *
 * <p>Names and shapes of parameters are those of nanoGPT without its {@code transformer.} prefix:
 * {@code wte.weight}, {@code wpe.weight}, {@code h.0.ln_1.weight}, {@code h.0.attn.c_attn.weight}
 * of {@code [3 width, width]}, and so on; so are their initial values: N(0, 0.02), that of the last
 * product of a branch 0.02 / sqrt(2 layers), biases 0.
 */
public final class Gpt extends Module implements Counted {
  static final double EPS = 1e-5;
  private static final double DEVIATION = 0.02;

  private final GptOptions options;
  private final Table tokens;
  private final Table places;
  private final List<GptBlock> blocks = new ArrayList<>();
  private final NormParameters lastNorm;
  private boolean isRecomputing;

  public Gpt(Context context, GptOptions options) {
    super(context);
    this.options = options;
    tokens = child("wte", new Table(context, options.vocabulary(), options.width()));
    places = child("wpe", new Table(context, options.context(), options.width()));
    var all = child("h", new Blocks(context));
    for (int i = 0; i < options.layers(); i++) {
      blocks.add(all.add(i, new GptBlock(context, options)));
    }
    lastNorm = child("ln_f", new NormParameters(context, options.width(), EPS));
    initialize();
  }

  private void initialize() {
    Initialization usual = Initialization.normal(0, DEVIATION);
    Initialization last = Initialization.normal(0, DEVIATION / Math.sqrt(2.0 * options.layers()));
    parameters()
        .forEach(
            (name, parameter) -> {
              if (name.endsWith("c_proj.weight")) {
                last.fill(parameter);
              } else if (parameter.rank() == 2) {
                usual.fill(parameter);
              } else if (!name.endsWith("weight")) {
                Initialization.zeros().fill(parameter);
              }
            });
  }

  /** A table of vectors. */
  private static final class Table extends Module {
    private final Tensor weight;

    Table(Context context, long rows, long columns) {
      super(context);
      weight = parameter("weight", context.zeros(DType.FP32, rows, columns));
    }
  }

  /** The blocks by number. */
  private static final class Blocks extends Module {
    Blocks(Context context) {
      super(context);
    }

    GptBlock add(int number, GptBlock block) {
      return child(Integer.toString(number), block);
    }
  }

  public GptOptions options() {
    return options;
  }

  /**
   * Whether training keeps only the input of each block, and computes the block again in the
   * backward pass: the same gradients with much less memory, for a third more time.
   */
  public Gpt recompute(boolean newIsRecomputing) {
    isRecomputing = newIsRecomputing;
    return this;
  }

  /**
   * The mean cross-entropy of the next tokens, without holding all logits.
   *
   * @param ids {@code batch x places}, i32 or i64
   * @param targets likewise, the token behind each; -100 does not count
   * @throws KilnException if the shapes do not fit, or there are more places than the context has
   */
  public Tensor loss(Tensor ids, Tensor targets) {
    return loss(ids, targets, CrossEntropies.Options.DEFAULT);
  }

  /** The same with options of the cross-entropy. */
  public Tensor loss(Tensor ids, Tensor targets, CrossEntropies.Options lossOptions) {
    Tensor loss =
        frame(
            () ->
                CrossEntropies.linear(
                    hidden(ids, 0, trainingDropout(), null),
                    tokens.weight,
                    null,
                    targets,
                    lossOptions));
    applied(List.of(ids, targets), List.of(loss));
    return loss;
  }

  /**
   * The logits of the token behind each place.
   *
   * @param ids {@code batch x places}, i32 or i64
   * @return {@code batch x places x vocabulary}
   */
  public Tensor logits(Tensor ids) {
    Tensor logits =
        frame(() -> Products.linear(hidden(ids, 0, trainingDropout(), null), tokens.weight, null));
    applied(List.of(ids), List.of(logits));
    return logits;
  }

  private double trainingDropout() {
    return isTraining() ? options.dropout() : 0;
  }

  /** What the head reads: {@code batch x places x width}. */
  private Tensor hidden(Tensor ids, long first, double dropout, List<KeyValueCache> caches) {
    check(ids, first);
    return frame(
        () -> {
          Tensor x = TokenEmbedding.of(ids, tokens.weight, places.weight, first);
          var stream = new GptBlock.Stream(x.dropout(dropout, true), null);
          for (int i = 0; i < blocks.size(); i++) {
            GptBlock.Stream before = stream;
            KeyValueCache cache = caches == null ? null : caches.get(i);
            stream =
                isRecomputing && cache == null
                    ? recomputed(blocks.get(i), before, dropout)
                    : blocks.get(i).apply(before, dropout, cache);
            before.close();
          }
          return lastNorm.apply(stream.x(), stream.branch()).norm();
        });
  }

  /** A block of which only its input is kept. */
  private static GptBlock.Stream recomputed(
      GptBlock block, GptBlock.Stream stream, double dropout) {
    Tensor y =
        Recompute.of(
            x -> {
              GptBlock.Stream result = block.apply(new GptBlock.Stream(x, null), dropout, null);
              return result.x().add(result.branch());
            },
            stream.x());
    return new GptBlock.Stream(y, null);
  }

  private void check(Tensor ids, long first) {
    if (ids.rank() != 2 || ids.dtype().isFloat()) {
      throw new KilnException("Gpt: tokens must be integers, batch x places, but are " + ids);
    }
    if (first + ids.dim(1) > options.context()) {
      throw new KilnException(
          "Gpt: %d places are more than the context's %d"
              .formatted(first + ids.dim(1), options.context()));
    }
  }

  /** The head. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.macs(inputs.getFirst().size() * tokens.weight.size());
  }

  // Generation

  /**
   * Continues a text. Each place is computed once; beyond the context, the last tokens that fit are
   * computed anew for each.
   *
   * @param prompt at least one token
   * @param count how many tokens follow
   * @return the tokens that follow
   * @throws KilnException if the prompt is empty or holds a number that is no token
   */
  public int[] generate(int[] prompt, int count, Sampling sampling) {
    return generate(prompt, count, sampling, true);
  }

  /** The same, with all places computed anew for each token: slow, to compare with. */
  public int[] generateWithoutCache(int[] prompt, int count, Sampling sampling) {
    return generate(prompt, count, sampling, false);
  }

  private int[] generate(int[] prompt, int count, Sampling sampling, boolean isCached) {
    checkPrompt(prompt);
    int[] all = Arrays.copyOf(prompt, prompt.length + count);
    Sampling.Sampler sampler = sampling.start();
    List<KeyValueCache> caches = isCached ? caches() : null;
    try (Mode _ = context().noGrad()) {
      for (int length = prompt.length; length < all.length; length++) {
        all[length] = sampler.next(next(all, length, caches));
      }
    } finally {
      if (caches != null) {
        caches.forEach(KeyValueCache::close);
      }
    }
    return Arrays.copyOfRange(all, prompt.length, all.length);
  }

  private void checkPrompt(int[] prompt) {
    if (prompt.length == 0) {
      throw new KilnException("Gpt: a prompt needs at least one token");
    }
    for (int token : prompt) {
      if (token < 0 || token >= options.vocabulary()) {
        throw new KilnException(
            "Gpt: the prompt's %d is none of %d tokens".formatted(token, options.vocabulary()));
      }
    }
  }

  private List<KeyValueCache> caches() {
    var caches = new ArrayList<KeyValueCache>();
    for (int i = 0; i < blocks.size(); i++) {
      caches.add(new KeyValueCache(context(), options.context()));
    }
    return caches;
  }

  /** The logits behind the first {@code length} tokens. */
  private float[] next(int[] all, int length, List<KeyValueCache> caches) {
    int start = Math.max(0, length - options.context());
    int known = 0;
    if (caches != null) {
      if (start > 0) {
        // Every place moves, and with it all keys and values.
        caches.forEach(KeyValueCache::clear);
      }
      known = Math.toIntExact(caches.getFirst().length());
    }
    try (Scope _ = context().scope()) {
      int[] ids = Arrays.copyOfRange(all, start + known, length);
      Tensor hidden = hidden(context().of(ids, 1, ids.length), known, 0, caches);
      Tensor last =
          context()
              .wrap(hidden.array().reshape(ids.length, -1).narrow(0, ids.length - 1, ids.length));
      return Products.linear(last, tokens.weight, null).toFloats();
    }
  }
}
