package dev.kiln.cli.train;

import dev.kiln.ops.checkpoint.Weights;
import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.model.Sampling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.text.JdkSources;
import dev.kiln.ops.text.TextSource;
import dev.kiln.ops.text.TokenBatch;
import dev.kiln.ops.text.TokenFile;
import dev.kiln.ops.text.Tokenizer;
import dev.kiln.ops.train.recipe.GptRecipe;
import dev.kiln.ops.train.recipe.Recipe;
import dev.kiln.ops.train.recipe.TextCorpus;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kiln train gpt}: a GPT on text. */
@Command(
    name = "gpt",
    description =
        "Learns to continue a text: the Java sources that come with the JDK, or that of --data.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class GptCommand extends WorkloadCommand<TokenBatch> {
  private static final List<String> PACKAGES =
      List.of("java.base/java/util", "java.base/java/io", "java.base/java/time");
  private static final long MEBI = 1 << 20;

  /** So many validations in a run, that at the end included. */
  private static final int VALIDATIONS = 6;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "A text in UTF-8, a folder of texts, or a .bin file of tokens (which needs --tokenizer"
              + " FILE). Default: java.util, java.io and java.time from the JDK's src.zip.")
  private Path data;

  @Option(
      names = "--megabytes",
      paramLabel = "N",
      defaultValue = "8",
      description = "Most text that is read. Default: ${DEFAULT-VALUE}.")
  private long megabytes;

  @Option(
      names = "--tokenizer",
      paramLabel = "T",
      defaultValue = "bpe",
      description =
          "char: a token for each character; bpe: byte pairs, learned from the text; or the file"
              + " of a tokenizer. Default: ${DEFAULT-VALUE}.")
  private String tokenizer;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Tokens of bpe, at least 257. Default: ${DEFAULT-VALUE}.")
  private int vocabulary;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "4",
      description = "Blocks. Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(
      names = "--width",
      paramLabel = "N",
      defaultValue = "256",
      description = "Of the residual stream. Default: ${DEFAULT-VALUE}.")
  private int width;

  @Option(
      names = "--heads",
      paramLabel = "N",
      defaultValue = "4",
      description = "Of attention. Default: ${DEFAULT-VALUE}.")
  private int heads;

  @Option(
      names = "--context",
      paramLabel = "N",
      defaultValue = "256",
      description = "Tokens of a window. Default: ${DEFAULT-VALUE}.")
  private int context;

  @Option(
      names = "--dropout",
      paramLabel = "X",
      defaultValue = "0",
      description = "Default: ${DEFAULT-VALUE}.")
  private double dropout;

  @Option(
      names = "--validation",
      paramLabel = "X",
      defaultValue = "0.05",
      description = "Part of the tokens, at the end, that is held out. Default: ${DEFAULT-VALUE}.")
  private double validation;

  @Option(
      names = "--validation-batches",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "Most batches of a validation, spread over what is held out. Default:"
              + " ${DEFAULT-VALUE}.")
  private int validationBatches;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What samples begin with. Default: some tokens that are held out.")
  private String prompt;

  @Option(
      names = "--sample-tokens",
      paramLabel = "N",
      defaultValue = "120",
      description = "Tokens of a sample. Default: ${DEFAULT-VALUE}.")
  private int sampleTokens;

  @Option(
      names = "--sample",
      paramLabel = "TEXT",
      description = "Only continues a text, by the best weights of the run of --resume.")
  private String sample;

  @Override
  CommonOptions.Defaults defaults() {
    return new CommonOptions.Defaults(USUAL_EPOCHS, 8, 1e-3, 0.1, 0.95, 1.0, 0);
  }

  /** Of eight windows of 256 tokens: some minutes on two cores. */
  private static final double USUAL_EPOCHS = 0.3;

  @Override
  Recipe<TokenBatch> recipe(Context owner, Optional<RunFolder> folder) {
    return new GptRecipe(
        owner,
        corpus(folder),
        new GptRecipe.Options(
            layers,
            heads,
            width,
            context,
            dropout,
            common.batch(defaults()),
            validationBatches,
            prompt,
            sampleTokens,
            common.seed));
  }

  private TextCorpus corpus(Optional<RunFolder> folder) {
    if (data != null && data.toString().endsWith(".bin")) {
      return TextCorpus.of(data.toString(), TokenFile.open(data), given(folder), validation);
    }
    if (megabytes < 1) {
      throw new KilnException("--megabytes must be at least 1, not " + megabytes);
    }
    String text =
        data == null
            ? JdkSources.ofThisJdk().read(PACKAGES, megabytes * MEBI, false)
            : TextSource.read(data, megabytes * MEBI);
    Tokenizer used = kept(folder).orElseGet(() -> made(text));
    folder
        .filter(place -> !Files.exists(place.tokenizer()))
        .ifPresent(place -> used.save(place.tokenizer()));
    String name = data == null ? "sources of the JDK" : data.toString();
    return TextCorpus.of(name, text, used, validation);
  }

  /** That of the run that goes on. */
  private Optional<Tokenizer> kept(Optional<RunFolder> folder) {
    return folder
        .map(RunFolder::tokenizer)
        .filter(file -> common.resume != null && Files.exists(file))
        .map(Tokenizer::load);
  }

  private Tokenizer made(String text) {
    return switch (tokenizer) {
      case "char" -> TextCorpus.characters(text);
      case "bpe" -> TextCorpus.bytePairs(text, vocabulary);
      default -> fromFile();
    };
  }

  private Tokenizer fromFile() {
    if (!Files.exists(Path.of(tokenizer))) {
      throw new KilnException(
          "there is no tokenizer '%s': neither char nor bpe nor a file".formatted(tokenizer));
    }
    return Tokenizer.load(Path.of(tokenizer));
  }

  /** The tokenizer of tokens that are there already. */
  private Tokenizer given(Optional<RunFolder> folder) {
    Optional<Tokenizer> kept = kept(folder);
    if (kept.isPresent()) {
      return kept.get();
    }
    if (tokenizer.equals("char") || tokenizer.equals("bpe")) {
      throw usage("tokens in a .bin file need the tokenizer that made them: --tokenizer FILE");
    }
    Tokenizer used = fromFile();
    folder.ifPresent(place -> used.save(place.tokenizer()));
    return used;
  }

  @Override
  long usualInterval(Recipe<TokenBatch> recipe, long steps) {
    return Math.max(1, (steps + VALIDATIONS - 1) / VALIDATIONS);
  }

  @Override
  void finish(
      Recipe<TokenBatch> recipe, Optional<RunFolder> folder, Optional<ConsoleReport> report) {
    report.ifPresent(
        some -> {
          GptRecipe gpt = (GptRecipe) recipe;
          String start = gpt.prompt();
          some.result("%s", start + gpt.sample(start, sampleTokens));
          some.result("");
        });
  }

  @Override
  boolean isOther(RunFolder folder) {
    if (sample == null) {
      return false;
    }
    if (folder == null) {
      throw usage("--sample needs the run that it samples from: --resume DIR");
    }
    Tokenizer used = Tokenizer.load(folder.tokenizer());
    Path weights = Files.exists(folder.bestWeights()) ? folder.bestWeights() : folder.weights();
    if (!Files.exists(weights)) {
      throw new KilnException(
          "%s has no weights yet; they are written by a validation".formatted(folder.folder()));
    }
    try (var owner = new Context(Devices.byName(common.device), common.seed);
        var gpt =
            new Gpt(owner, new GptOptions(used.vocabularySize(), context, layers, heads, width))) {
      Weights.load(weights, gpt);
      int[] tokens =
          gpt.generate(used.encode(sample), sampleTokens, new Sampling(0.8, 50, common.seed));
      spec.commandLine().getOut().println(sample + used.decode(tokens));
      spec.commandLine().getOut().flush();
    }
    return true;
  }
}
