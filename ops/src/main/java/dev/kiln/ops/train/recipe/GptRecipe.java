package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.metric.Mean;
import dev.kiln.ops.metric.Perplexity;
import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.model.Sampling;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.TokenBatch;
import dev.kiln.ops.text.TokenSource;
import dev.kiln.ops.text.TokenWindows;
import dev.kiln.ops.train.Task;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.Validator;
import java.util.Map;

/** A GPT that learns to continue a text. */
public final class GptRecipe implements Recipe<TokenBatch> {
  private final Gpt model;
  private final TextCorpus corpus;
  private final Options options;
  private final BatchPlan<TokenBatch> plan;
  private final BatchPlan<TokenBatch> heldOut;

  /**
   * What is trained.
   *
   * @param batch windows of a batch
   * @param validationBatches how many batches a validation has at most, spread over what is held
   *     out
   * @param prompt what samples begin with; if empty, a few tokens of the text that is held out
   * @param sampled tokens of a sample
   * @param seed of the order of windows, and of samples
   */
  public record Options(
      int layers,
      int heads,
      int width,
      int context,
      double dropout,
      int batch,
      int validationBatches,
      String prompt,
      int sampled,
      long seed) {
    /** A small one: 4 layers of width 256. */
    public static final Options DEFAULT = new Options(4, 4, 256, 256, 0, 8, 16, "", 120, 1);

    /** Of other sizes. */
    public Options withSizes(int newLayers, int newHeads, int newWidth, int newContext) {
      return new Options(
          newLayers,
          newHeads,
          newWidth,
          newContext,
          dropout,
          batch,
          validationBatches,
          prompt,
          sampled,
          seed);
    }

    public Options withBatch(int windows) {
      return new Options(
          layers,
          heads,
          width,
          context,
          dropout,
          windows,
          validationBatches,
          prompt,
          sampled,
          seed);
    }

    public Options withSeed(long newSeed) {
      return new Options(
          layers,
          heads,
          width,
          context,
          dropout,
          batch,
          validationBatches,
          prompt,
          sampled,
          newSeed);
    }
  }

  /** Makes the model, with initial values from the context's random numbers. */
  public GptRecipe(Context context, TextCorpus corpus, Options options) {
    this.corpus = corpus;
    this.options = options;
    plan =
        new FingerprintedPlan<>(
            TokenWindows.shuffled(
                corpus.parts().training(), options.batch(), options.context(), options.seed()),
            corpus.content());
    heldOut =
        new SpreadPlan<>(
            TokenWindows.inOrder(corpus.parts().validation(), options.batch(), options.context()),
            options.validationBatches());
    model =
        new Gpt(
            context,
            new GptOptions(
                    corpus.tokenizer().vocabularySize(),
                    options.context(),
                    options.layers(),
                    options.heads(),
                    options.width())
                .withDropout(options.dropout()));
  }

  public Gpt model() {
    return model;
  }

  private static Tensor loss(Gpt model, TokenBatch batch) {
    Context context = model.context();
    long[] shape = {batch.batch(), batch.length()};
    return model.loss(context.of(batch.inputs(), shape), context.of(batch.targets(), shape));
  }

  private record NextTokens(Gpt model) implements Task<TokenBatch> {
    @Override
    public Tensor loss(TokenBatch batch) {
      return GptRecipe.loss(model, batch);
    }

    @Override
    public long examples(TokenBatch batch) {
      return (long) batch.batch() * batch.length();
    }
  }

  @Override
  public Task<TokenBatch> task() {
    return new NextTokens(model);
  }

  @Override
  public BatchPlan<TokenBatch> plan() {
    return plan;
  }

  @Override
  public Validator validator() {
    return this::validate;
  }

  private Validation validate(long step, MixedPrecision precision) {
    var loss = new Mean("loss");
    var perplexity = new Perplexity();
    for (TokenBatch batch : heldOut.epoch(0)) {
      try (Scope _ = model.context().scope()) {
        double mean = precision.forward(() -> loss(model, batch)).item();
        long tokens = (long) batch.batch() * batch.length();
        loss.update(mean, tokens);
        perplexity.update(mean, tokens);
      }
    }
    return Validation.of(step, loss.value(), Map.of("perplexity", perplexity.value()));
  }

  /** Tokens that a validation measures. */
  public long validationTokens() {
    return heldOut.epoch(0).stream().mapToLong(b -> (long) b.batch() * b.length()).sum();
  }

  @Override
  public String unit() {
    return "tokens";
  }

  /**
   * 6 for each weight but those of positions, which are only added (Kaplan et al., "Scaling laws
   * for neural language models", 2020), and 6 context width in each layer's attention, of which
   * half is beyond the diagonal.
   */
  @Override
  public double flopsPerExample() {
    double positions = (double) options.context() * options.width();
    return 6 * (model.parameterCount() - positions) + 6 * options.layers() * positions;
  }

  @Override
  public Goal goal() {
    return Goal.LOSS;
  }

  @Override
  public String about() {
    TokenSource.Parts parts = corpus.parts();
    return "gpt with %,d parameters; %s: %,d tokens of %,d to train with, %,d held out"
        .formatted(
            model.parameterCount(),
            corpus.name(),
            parts.training().size(),
            corpus.tokenizer().vocabularySize(),
            parts.validation().size());
  }

  @Override
  public void illustrate(RunLog log, long step) {
    String prompt = prompt();
    log.text(step, prompt, sample(prompt, options.sampled()));
  }

  /** What samples begin with. */
  public String prompt() {
    if (!options.prompt().isEmpty()) {
      return options.prompt();
    }
    int[] first = new int[(int) Math.min(8, corpus.parts().validation().size())];
    corpus.parts().validation().read(0, first, 0, first.length);
    return corpus.tokenizer().decode(first);
  }

  /** Continues a text by a number of tokens. */
  public String sample(String prompt, int tokens) {
    int[] start = corpus.tokenizer().encode(prompt);
    var sampling = new Sampling(0.8, 50, options.seed());
    return corpus.tokenizer().decode(model.generate(start, tokens, sampling));
  }

  @Override
  public void close() {
    model.close();
  }
}
