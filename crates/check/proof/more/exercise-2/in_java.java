// verdict: core
// In Java: VarHandles on the mapped bytes, for loads with acquire and stores with release. It polls.
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

class Main {
    static final VarHandle INT =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    static final int FULL = 0, LENGTH = 4, TEXT = 8, SIZE = 4096;

    public static void main(String[] words) throws InterruptedException {
        try (FileChannel file = FileChannel.open(Path.of(words[1]), StandardOpenOption.READ,
                StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            ByteBuffer box = file.map(FileChannel.MapMode.READ_WRITE, 0, SIZE);
            if (words[0].equals("post")) post(box, words[2].getBytes());
            else take(box);
        } catch (IOException error) {
            System.err.println("error: " + words[1] + ": " + error.getMessage());
            System.exit(1);
        }
    }

    static void waitUntil(ByteBuffer box, int value) throws IOException, InterruptedException {
        long end = System.nanoTime() + 5_000_000_000L;
        for (;;) {
            int found = (int) INT.getAcquire(box, FULL);
            if (found == value) return;
            if (found != 0 && found != 1) throw new IOException("full is " + found);
            if (System.nanoTime() > end) throw new IOException("nobody came for 5 seconds");
            Thread.sleep(1);
        }
    }

    static void post(ByteBuffer box, byte[] text) throws IOException, InterruptedException {
        if (text.length > SIZE - TEXT) throw new IOException("the text is too long");
        waitUntil(box, 0);
        box.put(TEXT, text);
        INT.set(box, LENGTH, text.length);
        INT.setRelease(box, FULL, 1);
    }

    static void take(ByteBuffer box) throws IOException, InterruptedException {
        waitUntil(box, 1);
        int length = (int) INT.get(box, LENGTH);
        if (length < 0 || length > SIZE - TEXT) throw new IOException("length is " + length);
        byte[] text = new byte[length + 1];
        box.get(TEXT, text, 0, length);
        text[length] = '\n';
        System.out.write(text);
        System.out.flush();
        if (System.out.checkError()) throw new IOException("standard output");
        INT.setRelease(box, FULL, 0);
    }
}
