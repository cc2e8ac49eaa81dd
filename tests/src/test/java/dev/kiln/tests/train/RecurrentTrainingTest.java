package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.model.RecurrentClassifier;
import dev.kiln.ops.model.RecurrentLanguageModel;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.TokenBatch;
import dev.kiln.ops.text.TokenWindows;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.Devices;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** LSTM and GRU keep what they have read: a token behind a mark, and the text so far. */
class RecurrentTrainingTest {
  private static final long SEED = 1;
  private static final int CLASSES = 6;
  private static final int MARK = CLASSES;
  private static final int LONGEST = 12;
  private static final int COUNT = 32;

  /** Sequences of 6 to 12 tokens; the class is the token behind the only mark. */
  private record Marked(int[] tokens, int[] lengths, int[] classes) {}

  /** Unlike batches without end. */
  private record MarkedBatches(long seed) implements BatchPlan<Marked> {
    @Override
    public int batches(int epoch) {
      return 100;
    }

    @Override
    public Marked batch(int epoch, int batch) {
      var random = new Random(seed * 1_000_003 + epoch * 1000L + batch);
      int[] tokens = random.ints((long) COUNT * LONGEST, 0, CLASSES).toArray();
      int[] lengths = new int[COUNT];
      int[] classes = new int[COUNT];
      for (int i = 0; i < COUNT; i++) {
        // One is as long as can be, so that all batches have one shape.
        lengths[i] = i == 0 ? LONGEST : 6 + random.nextInt(LONGEST - 5);
        int mark = i * LONGEST + random.nextInt(lengths[i] - 1);
        tokens[mark] = MARK;
        classes[i] = tokens[mark + 1];
        Arrays.fill(tokens, i * LONGEST + lengths[i], (i + 1) * LONGEST, 0);
      }
      return new Marked(tokens, lengths, classes);
    }

    @Override
    public String fingerprint() {
      return "marked " + seed;
    }
  }

  private record Recall(RecurrentClassifier model) implements Task<Marked> {
    @Override
    public Tensor loss(Marked batch) {
      return model.loss(tokens(batch), batch.lengths(), model.context().of(batch.classes(), COUNT));
    }

    private Tensor tokens(Marked batch) {
      return model.context().of(batch.tokens(), COUNT, LONGEST);
    }

    @Override
    public long examples(Marked batch) {
      return COUNT;
    }

    /** Part of the sequences whose token is told right. */
    double right(BatchPlan<Marked> plan, int batches) {
      int right = 0;
      for (int b = 0; b < batches; b++) {
        Marked batch = plan.batch(0, b);
        try (Mode ignored = model.context().noGrad();
            Scope scope = model.context().scope()) {
          long[] best = model.logits(tokens(batch), batch.lengths()).argmax(1).toLongs();
          for (int i = 0; i < COUNT; i++) {
            right += best[i] == batch.classes()[i] ? 1 : 0;
          }
        }
      }
      return (double) right / (batches * COUNT);
    }
  }

  /** With seeds 1 to 5, all 320 new sequences are told right after 250 steps, by either. */
  private static double recalled(Cell cell, RecurrentOptions options, int steps) {
    try (var context = new Context(Devices.cpu(), SEED);
        var model = RecurrentClassifier.ofTokens(context, cell, CLASSES + 1, options, CLASSES);
        var training =
            new SmallTraining<>(new Recall(model), new MarkedBatches(SEED), 0.02, steps)) {
      training.requireGradients().run();
      double right = new Recall(model).right(new MarkedBatches(SEED + 100), 10);
      return right;
    }
  }

  @Test
  @Tag("slow")
  void anLstmRecallsWhatStoodBehindTheMark() {
    assertThat(recalled(Cell.LSTM, RecurrentOptions.of(16, 32), 250)).isGreaterThan(0.9);
  }

  @Test
  @Tag("slow")
  void aGruOfBothDirectionsRecallsWhatStoodBehindTheMark() {
    assertThat(recalled(Cell.GRU, RecurrentOptions.of(16, 24).bidirectional(), 250))
        .isGreaterThan(0.9);
  }

  private record NextCharacter(RecurrentLanguageModel model) implements Task<TokenBatch> {
    @Override
    public Tensor loss(TokenBatch batch) {
      Context context = model.context();
      try (Scope frame = context.frame()) {
        Tensor ids = context.of(batch.inputs(), batch.batch(), batch.length());
        Tensor targets = context.of(batch.targets(), batch.batch(), batch.length());
        return frame.keep(model.loss(ids, targets, null).loss());
      }
    }

    @Override
    public long examples(TokenBatch batch) {
      return (long) batch.batch() * batch.length();
    }

    double loss(BatchPlan<TokenBatch> plan, int batches) {
      double sum = 0;
      try (Mode ignored = model.context().noGrad()) {
        for (int b = 0; b < batches; b++) {
          try (Scope scope = model.context().scope()) {
            sum += loss(plan.batch(0, b)).item();
          }
        }
      }
      return sum / batches;
    }
  }

  private static void tellsCharacters(Cell cell, int hidden, int steps, double part) {
    var text = SourceText.read();
    try (var context = new Context(Devices.cpu(), SEED);
        var model =
            new RecurrentLanguageModel(
                context, cell, text.tokenizer.vocabularySize(), RecurrentOptions.of(16, hidden));
        var training =
            new SmallTraining<>(
                new NextCharacter(model),
                TokenWindows.shuffled(text.training, 16, 24, SEED),
                0.01,
                steps)) {
      training.requireGradients().run();
      double loss =
          new NextCharacter(model).loss(TokenWindows.inOrder(text.validation, 16, 24), 10);
      assertThat(loss).isLessThan(part * text.unigramLoss());
    }
  }

  @Test
  @Tag("slow")
  void anLstmTellsCharactersBetterThanTheirFrequencies() {
    tellsCharacters(Cell.LSTM, 64, 400, 0.8);
  }

  @Test
  void someStepsOfASmallGruTellCharactersByTheirFrequencies() {
    tellsCharacters(Cell.GRU, 12, 30, 1.25);
  }
}
